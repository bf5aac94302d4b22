"""`python tools/weights.py` is `mmda weights`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["weights", *sys.argv[1:]]))
