"""`python -m connectors.stripe spec|check|discover|read`."""

import sys

from connectors.command import run
from connectors.stripe.source import create_source

if __name__ == "__main__":
    sys.exit(run(create_source))
