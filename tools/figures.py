"""`python tools/figures.py` is `mmda figures`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["figures", *sys.argv[1:]]))
