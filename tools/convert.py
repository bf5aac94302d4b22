"""`python tools/convert.py` is `mmda convert`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["convert", *sys.argv[1:]]))
