"""`python -m benchmarks.customer_server RECORDS`: a list of customers as Stripe serves it.

A process of its own that does as little as it can for a page, so that who reads is measured and
not who serves. It prints its address and serves until it is killed.
"""

from __future__ import annotations

import argparse
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_PAGE = 100
_CREATED = 1_700_000_000

#: One customer with all keys that Stripe gives; ~ stands for its number.
_CUSTOMER = json.dumps(
    {
        "id": "cus_~",
        "object": "customer",
        "address": {
            "city": "Haifa",
            "country": "IL",
            "line1": "Herzl ~",
            "line2": None,
            "postal_code": "33504",
            "state": None,
        },
        "balance": 0,
        "created": _CREATED,
        "currency": "ils",
        "default_source": None,
        "delinquent": False,
        "description": "דנה כהן ~",
        "discount": None,
        "email": "dana.cohen.~@example.com",
        "invoice_prefix": "A~",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {"crm_id": "~", "channel": "web"},
        "name": "Dana Cohen ~",
        "next_invoice_sequence": 4,
        "phone": "+972541234567",
        "preferred_locales": ["he"],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    records = 0
    latency = 0.0

    def do_GET(self) -> None:
        time.sleep(self.latency)
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        first = (
            int(query["starting_after"].removeprefix("cus_")) if "starting_after" in query else 0
        )
        size = min(int(query.get("limit", 10)), _PAGE)
        numbers = range(first + 1, min(first + size, self.records) + 1)
        if address.path != "/v1/customers":
            numbers = range(0)
        page = ",".join(_CUSTOMER.replace("~", str(number)) for number in numbers)
        has_more = "true" if numbers and numbers[-1] < self.records else "false"
        body = (
            f'{{"object":"list","url":"{address.path}","has_more":{has_more},"data":[{page}]}}'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds a request")
    options = parser.parse_args()
    _Handler.records, _Handler.latency = options.records, options.latency / 1000
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
