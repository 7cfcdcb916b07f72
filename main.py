"""``python main.py [VIDEO]`` opens the window, like ``lipfd-desktop``."""

from __future__ import annotations

import sys

from lipfd_desktop.gui.app import main

if __name__ == "__main__":
    sys.exit(main())
