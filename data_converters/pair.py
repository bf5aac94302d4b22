"""`python data_converters/pair.py SOURCE TARGET OUT` is `mmda pair`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["pair", *sys.argv[1:]]))
