"""Airbyte sources, one folder a vendor, and the sandbox that plays the vendors."""
