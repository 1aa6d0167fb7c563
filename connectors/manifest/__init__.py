"""Any HTTP API, told by a manifest and a mapping in a folder: a source without code."""
