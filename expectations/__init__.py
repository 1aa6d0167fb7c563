"""Quality checks over the marts, and the alerts that tell when one starts to fail.

Importing this package is cheap; Great Expectations is imported only when checks run.
"""
