"""`python tools/vectorise.py` is `mmda vectorise`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["vectorise", *sys.argv[1:]]))
