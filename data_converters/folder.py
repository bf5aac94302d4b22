"""`python data_converters/folder.py ...` is `mmda tile folder ...`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["tile", "folder", *sys.argv[1:]]))
