"""`python tools/discover_patch_modes.py` is `mmda discover-patch-modes`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["discover-patch-modes", *sys.argv[1:]]))
