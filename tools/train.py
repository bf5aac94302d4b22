"""`python tools/train.py` is `mmda train`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
