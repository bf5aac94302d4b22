"""`python data_converters/robotcar.py ...` is `mmda tile robotcar ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "robotcar", *sys.argv[1:]]))
