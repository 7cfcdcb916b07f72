"""One of two files that are compared: what is known of it at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.session import Session
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import AnalysisResult, OpenedMedia, Verdict, WindowScores
from lipfd_desktop.verdict import deciding_face

LETTERS = ("A", "B")
"""The suspect and the reference."""
COLOURS = theme.FACE_COLOURS[:2]
"""Of their curves, which also differ in their dashes."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A file, and what its analysis found so far; ``result`` is None before and while it is analysed."""

    media: OpenedMedia
    evidence: Evidence
    result: AnalysisResult | None
    verdict: Verdict | None
    threshold: float

    @classmethod
    def of_session(cls, session: Session) -> Side | None:
        """What a session shows, or None while no file is open in it."""
        if session.media is None:
            return None
        return cls(session.media, session.evidence, session.result, session.verdict, session.threshold)

    @classmethod
    def of_result(cls, media: OpenedMedia, result: AnalysisResult) -> Side:
        """A file with a result of its own."""
        return cls(media, Evidence.of_result(result), result, result.verdict, result.threshold)

    @property
    def name(self) -> str:
        return printable(self.media.info.path.name)

    @property
    def start(self) -> float:
        """PTS of the first frame, seconds."""
        return float(self.media.frame_times[0])

    @property
    def end(self) -> float:
        """When the last frame gives way, seconds."""
        return frame_end(self.media.frame_times, -1)

    @property
    def frame_length(self) -> float:
        """Median time from one frame to the next, seconds."""
        times = self.media.frame_times
        return float(np.median(np.diff(times[:1000]))) if len(times) > 1 else frame_end(times, 0) - float(times[0])

    @property
    def face(self) -> int:
        """Whose windows are compared: those of the deciding face."""
        return deciding_face(self.evidence.scores, self.verdict)

    @property
    def windows(self) -> WindowScores:
        return self.evidence.scores.of_face(self.face)
