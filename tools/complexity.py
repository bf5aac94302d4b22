"""`python tools/complexity.py` is `mmda complexity`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["complexity", *sys.argv[1:]]))
