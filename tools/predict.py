"""`python tools/predict.py` is `mmda predict`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["predict", *sys.argv[1:]]))
