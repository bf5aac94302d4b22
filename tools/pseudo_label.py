"""`python tools/pseudo_label.py` is `mmda pseudo_label`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["pseudo_label", *sys.argv[1:]]))
