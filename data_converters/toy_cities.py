"""`python data_converters/toy_cities.py ...` is `mmda tile toy_cities ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "toy_cities", *sys.argv[1:]]))
