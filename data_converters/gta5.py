"""`python data_converters/gta5.py ...` is `mmda tile gta5 ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "gta5", *sys.argv[1:]]))
