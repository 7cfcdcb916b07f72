"""What is drawn over a picture: the faces that were found in it, with the scores of their windows."""

from __future__ import annotations

from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.overlay import Mark, Overlay, Score
from lipfd_desktop.language import tr
from lipfd_desktop.result import WHOLE_PICTURE
from lipfd_desktop.verdict import reaches


def overlay_of(evidence: Evidence, pts: float, *, frame_length: float, threshold: float, face: int | None) -> Overlay:
    """What is drawn over the frame at ``pts`` seconds.

    Parameters
    ----------
    face
        Track id of the only face to mark, or None for every face.
    """

    def score(owner: int) -> Score | None:
        value = evidence.score_at(pts + frame_length / 2, owner)
        return None if value is None else Score(value, bool(reaches(value, threshold)))

    whole = evidence.is_of_whole_picture
    faces = [found for found in evidence.faces.at(pts, frame_length / 2) if face in (None, found.face)]
    marks = [Mark(found, None if whole else score(found.face)) for found in faces]
    nobody = not marks and evidence.was_examined(pts)
    return Overlay(marks, score(WHOLE_PICTURE) if whole else None, tr("No face found in this frame") if nobody else "")
