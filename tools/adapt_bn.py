"""`python tools/adapt_bn.py` is `mmda adapt-bn`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["adapt-bn", *sys.argv[1:]]))
