"""`python -m connectors.manifest spec|check|discover|read`."""

import sys

from connectors.command import run
from connectors.manifest.source import create_source

if __name__ == "__main__":
    sys.exit(run(create_source))
