"""`python tools/score.py` is `mmda score`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["score", *sys.argv[1:]]))
