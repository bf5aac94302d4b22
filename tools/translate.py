"""`python tools/translate.py` is `mmda translate`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["translate", *sys.argv[1:]]))
