"""`python tools/suggest.py` is `mmda suggest`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["suggest", *sys.argv[1:]]))
