"""`python -m connectors.files spec|check|discover|read`, as Airbyte runs a source."""

import sys

from connectors.command import run
from connectors.files.source import create_source

sys.exit(run(create_source))
