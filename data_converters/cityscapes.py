"""`python data_converters/cityscapes.py ...` is `mmda tile cityscapes ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "cityscapes", *sys.argv[1:]]))
