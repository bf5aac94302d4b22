"""`python tools/demo.py` is `mmda demo`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["demo", *sys.argv[1:]]))
