"""The command `kesher`: sync, build, check, publish, and what belongs to them."""
