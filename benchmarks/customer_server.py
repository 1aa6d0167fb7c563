"""`python -m benchmarks.customer_server RECORDS`: a list of customers as Stripe serves it.

A process of its own that does as little as it can for a page, so that who reads is measured and
not who serves. It prints its address and serves until it is killed.
"""

from __future__ import annotations

import argparse
import json
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

from benchmarks.bare_server import Request, response, serve

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


class Customers:
    """Answers for a list of so many customers, and for lists of anything else that are empty."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __call__(self, request: Request) -> bytes:
        """Answer one page."""
        target = urlsplit(request.line.split(b" ")[1].decode())
        query = {key: values[0] for key, values in parse_qs(target.query).items()}
        after = int(query.get("starting_after", "cus_0").removeprefix("cus_"))
        size = min(int(query.get("limit", 10)), _PAGE)
        numbers = range(after + 1, min(after + size, self._count) + 1)
        if target.path != "/v1/customers":
            numbers = range(0)
        page = ",".join(_CUSTOMER.replace("~", str(number)) for number in numbers)
        has_more = "true" if numbers and numbers[-1] < self._count else "false"
        body = f'{{"object":"list","url":"{target.path}","has_more":{has_more},"data":[{page}]}}'
        headers = f"Content-Type: application/json\r\nDate: {formatdate(usegmt=True)}\r\n"
        return response(body.encode(), headers)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int)
    serve(Customers(parser.parse_args().records))


if __name__ == "__main__":
    main()
