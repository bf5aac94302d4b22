"""`python tools/tile.py` is `mmda tile`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", *sys.argv[1:]]))
