"""`python data_converters/deepglobe.py ...` is `mmda tile deepglobe ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "deepglobe", *sys.argv[1:]]))
