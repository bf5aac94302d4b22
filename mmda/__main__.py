"""``python -m mmda`` is the command ``mmda``."""

import sys

from mmda.cli import main

if __name__ == "__main__":
    sys.exit(main())
