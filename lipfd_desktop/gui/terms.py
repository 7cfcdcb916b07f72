"""The engine's names in the user's language: those of the reports, and what only the window explains."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.language import mark
from lipfd_desktop.report.terms import (
    answer_words,
    contract_words,
    exactness_words,
    outcome_words,
    path_words,
    question_words,
    reason_words,
    subject_words,
    tier_title,
    tier_words,
)
from lipfd_desktop.result import Reason

__all__ = [
    "REASONS",
    "answer_words",
    "contract_words",
    "exactness_words",
    "outcome_words",
    "path_words",
    "question_words",
    "reason_words",
    "subject_words",
    "tier_title",
    "tier_words",
]

REASONS: Final = {
    Reason.NO_FACE.label: mark("No face was found in these frames, so there were no lips to look at."),
    Reason.FACE_LOST.label: mark(
        "The network needs the face in each frame of the window; a turn, a hand or a cut hid it in some."
    ),
    Reason.FACE_TOO_SMALL.label: mark(
        "So small a face shows compression instead of lips; a copy of higher resolution may help."
    ),
    Reason.NO_SOUND.label: mark(
        "The sound covers less than half of this window, so there was nothing to compare the lips with."
    ),
    Reason.SCENE_CUT.label: mark(
        "The picture changes to another shot inside the window; what moves there are not the same lips."
    ),
    Reason.NOT_REACHED.label: mark("The analysis was cancelled before it came to this window."),
    Reason.FRAMES_MISSING.label: mark(
        "Frames of this window are missing from the file or too far apart to show one movement."
    ),
}
"""Why a window was not analysed, as a sentence; by the label of a :class:`~lipfd_desktop.result.WindowScore`."""
