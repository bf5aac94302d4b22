"""`python tools/test.py` is `mmda test`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["test", *sys.argv[1:]]))
