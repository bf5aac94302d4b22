"""`python data_converters/geotiff.py ...` is `mmda tile geotiff ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "geotiff", *sys.argv[1:]]))
