"""`python data_converters/inria.py ...` is `mmda tile inria ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "inria", *sys.argv[1:]]))
