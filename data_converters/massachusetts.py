"""`python data_converters/massachusetts.py ...` is `mmda tile massachusetts ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "massachusetts", *sys.argv[1:]]))
