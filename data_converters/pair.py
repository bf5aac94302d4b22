"""`python data_converters/pair.py SOURCE TARGET OUT` is `mmda pair`."""

import sys

from mmda.cli import guarded
from mmda.cli.pair import main

if __name__ == "__main__":
    sys.exit(guarded(main, sys.argv[1:]))
