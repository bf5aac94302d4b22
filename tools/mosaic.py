"""`python tools/mosaic.py` is `mmda mosaic`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["mosaic", *sys.argv[1:]]))
