"""What stewards decided about pairs of records: the store, and what a decision is.

`kesher` and the dashboard both use it, so it imports neither of them.
"""
