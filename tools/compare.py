"""`python tools/compare.py` is `mmda compare`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["compare", *sys.argv[1:]]))
