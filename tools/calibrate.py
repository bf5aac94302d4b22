"""`python tools/calibrate.py` is `mmda calibrate`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["calibrate", *sys.argv[1:]]))
