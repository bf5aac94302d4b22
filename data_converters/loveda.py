"""`python data_converters/loveda.py ...` is `mmda tile loveda ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "loveda", *sys.argv[1:]]))
