"""`python tools/ablation.py` is `mmda ablation`."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main(["ablation", *sys.argv[1:]]))
