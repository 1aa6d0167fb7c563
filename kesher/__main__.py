"""`python -m kesher`, the same as the command `kesher`."""

from kesher.cli import main

main(prog_name="kesher")
