"""`python tools/verify.py` is `mmda verify`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["verify", *sys.argv[1:]]))
