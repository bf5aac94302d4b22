"""`python tools/export.py` is `mmda export`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["export", *sys.argv[1:]]))
