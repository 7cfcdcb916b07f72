"""Colours of data in every report: the colour-blind safe set of Okabe and Ito (2008, jfly.uni-koeln.de/color)."""

from __future__ import annotations

from typing import Final

BLACK: Final = "#000000"
ORANGE: Final = "#E69F00"
SKY_BLUE: Final = "#56B4E9"
GREEN: Final = "#009E73"
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
VIOLET: Final = "#9933FF"
"""Not of that set: a curve in its orange, made dark enough for a thin line, is the threshold's vermillion to many."""

FACES: Final = (BLUE, VIOLET, GREEN, PURPLE, SKY_BLUE)
"""Curves of the faces, most seen first; further faces share :data:`OTHER_FACES`."""
OTHER_FACES: Final = "#5C5C5C"
TIER_COLOURS: Final = {"head": SKY_BLUE, "face": VIOLET, "lip": PURPLE}
"""As in the window; vermillion is kept for what is suspicious."""
QUESTIONS: Final = (("generated", PURPLE), ("foreign sound", GREEN))
"""Curves of the two questions; they also differ in their dashes."""
SUSPICIOUS: Final = VERMILLION
NOT_ANALYSED: Final = "#BDBDBD"
FACE_BOX: Final = ORANGE
LIPS_BOX: Final = PURPLE

INK: Final = "#1F2933"
FAINT_INK: Final = "#5B6770"
RULE: Final = "#C8CFD6"
PAPER_TINT: Final = "#F3F5F7"
WARNING: Final = "#B00020"
"""Banner of test weights and of a changed file: always together with words."""
