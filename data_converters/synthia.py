"""`python data_converters/synthia.py ...` is `mmda tile synthia ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "synthia", *sys.argv[1:]]))
