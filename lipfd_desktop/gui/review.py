"""Keeps the cursor, the picture and the panels about one moment in step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QVideoFrame

from lipfd_desktop.gui.evidence import FaceBox
from lipfd_desktop.gui.face_marks import overlay_of
from lipfd_desktop.gui.frame_panel import FramePanel
from lipfd_desktop.gui.hover import Hover
from lipfd_desktop.gui.looping import Looping
from lipfd_desktop.gui.overlay import Overlay
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.suspicious_panel import SuspiciousPanel
from lipfd_desktop.gui.workspace import Workspace
from lipfd_desktop.language import tr
from lipfd_desktop.result import WHOLE_PICTURE, Outcome, Span, Verdict, WindowScore
from lipfd_desktop.verdict import Spans, deciding_face


class Review(QObject):
    """Looking at a file: playing, seeking, selecting, and what is known about the frame on the screen."""

    def __init__(self, session: Session, player: Player, workspace: Workspace, frame_panel: FramePanel) -> None:
        super().__init__(workspace)
        self._session = session
        self._player = player
        self._workspace = workspace
        self._frame_panel = frame_panel
        self.suspicious = SuspiciousPanel(self._fetch_thumbnail, self._time_of)
        self.hover = Hover(player, workspace.timeline, workspace)
        self._looping = Looping(player, workspace.timeline, workspace.transport.loop_button, self._frame_length)
        self._shown_pts: float | None = None
        self._shown_spans: tuple[Spans, int | None] | None = None
        self._stretches = Spans.empty().stretches
        transport, timeline = workspace.transport, workspace.timeline
        player.moved.connect(self._on_moved)
        player.frame_shown.connect(self._on_frame)
        player.not_shown.connect(self._on_not_shown)
        player.playing_changed.connect(transport.set_playing)
        timeline.sought.connect(player.seek)
        transport.sought.connect(player.seek)
        transport.toggled.connect(player.toggle)
        transport.stepped.connect(player.step)
        transport.jumped.connect(self.jump)
        transport.rate_changed.connect(player.set_rate)
        transport.volume_changed.connect(player.set_volume)
        transport.mute_changed.connect(player.set_muted)
        transport.boxes_changed.connect(workspace.video.set_boxes_shown)
        workspace.bar.face_chosen.connect(lambda _face: self.refresh())
        self.suspicious.chosen.connect(lambda span: self._show(span.peak))
        self.suspicious.highest_asked.connect(self.go_to_highest)
        session.media_opened.connect(self._on_media)
        session.analysis_started.connect(self.suspicious.model.forget_pictures)
        session.faces_renumbered.connect(self.suspicious.model.forget_pictures)
        session.evidence_changed.connect(self.refresh)
        session.threshold_changed.connect(self._on_threshold)
        session.judged.connect(self._on_judged)
        transport.set_keeps_pitch(player.keeps_pitch)
        player.set_volume(transport.volume_slider.value() / 100)

    # A file --------------------------------------------------------------------------------------------------

    def _on_media(self) -> None:
        media = self._session.media
        if media is None:
            return
        times, work = media.frame_times, self._workspace
        start, end = float(times[0]), float(times[-1]) + self._frame_length()
        self._shown_pts = None
        work.video.reset(media.info.video)
        work.timeline.set_limits(start, end)
        work.mel.set_mel(media.mel)
        work.wave.set_wave(media.wave)
        work.transport.loop_button.setChecked(False)
        work.transport.seek_bar.set_limits(start, end)
        work.transport.reserve(end, len(times))
        work.transport.set_time(start, 0, len(times))
        self.suspicious.model.forget_pictures()
        self._player.load(media.info.path, start_time=media.info.start_time, frame_times=times)
        work.bar.set_faces([])

    def _frame_length(self) -> float:
        media = self._session.media
        if media is None or len(media.frame_times) < 2:
            return 0.04
        return float(np.median(np.diff(media.frame_times[:1000])))

    # The moment ----------------------------------------------------------------------------------------------

    def _on_moved(self, pts: float) -> None:
        media = self._session.media
        frames = len(media.frame_times) if media else 0
        self._workspace.timeline.set_cursor(pts)
        self._workspace.transport.set_time(pts, self._player.frame, frames)
        self._describe()

    def _on_frame(self, frame: QVideoFrame, pts: float) -> None:
        self._workspace.video.show_frame(frame)
        self._shown_pts = pts
        self._mark()

    def _on_not_shown(self, pts: float) -> None:
        def show(image: QImage | None) -> None:
            if image is not None and self._player.time == pts:
                self._workspace.video.show_image(image)
                self._shown_pts = pts
                self._mark()

        self._session.fetching.still(pts, show)

    @property
    def _face(self) -> int | None:
        """The face that the user wants to see alone."""
        return self._workspace.bar.face

    def _faces_at(self, pts: float) -> list[FaceBox]:
        faces = self._session.evidence.faces.at(pts, self._frame_length() / 2)
        return [face for face in faces if self._face in (None, face.face)]

    def _mark(self) -> None:
        """Boxes belong to the picture on the screen, which during a seek is not yet the one under the cursor."""
        if self._shown_pts is None:
            return
        shown = self.overlay_at(self._shown_pts)
        self._workspace.video.set_marks(shown.marks, picture_score=shown.picture_score, message=shown.message)

    def overlay_at(self, pts: float) -> Overlay:
        """What is drawn over the frame at ``pts`` seconds."""
        return overlay_of(
            self._session.evidence,
            pts,
            frame_length=self._frame_length(),
            threshold=self._session.threshold,
            face=self._face,
        )

    def _describe(self) -> None:
        pts = self._player.time
        self._frame_panel.show_frame(
            pts, self._player.frame, self._session.evidence, self._faces_at(pts),
            preferred=self.detailed_face, step=self._frame_length(),
        )  # fmt: skip
        shown = self._frame_panel.shown
        self._workspace.video.preferred_face = None if shown is None else shown.face

    # The evidence --------------------------------------------------------------------------------------------

    @property
    def detailed_face(self) -> int:
        """Whose weights and answers to the two questions are plotted.

        The chosen face, else the deciding one, else the one with most windows.
        """
        if self._session.evidence.is_of_whole_picture:
            return WHOLE_PICTURE
        if self._face is not None:
            return self._face
        return deciding_face(self._session.evidence.scores, self._session.verdict)

    def refresh(self) -> None:
        """Show all evidence anew."""
        work, evidence = self._workspace, self._session.evidence
        work.bar.set_faces(evidence.face_ids)  # first: it drops a choice that is no more
        self._on_judged()
        self._on_threshold()
        work.scores.show_scores(evidence, only_face=self._face)
        work.scores.show_questions(evidence, self.detailed_face)
        work.weights.show_scores(evidence, self.detailed_face)
        curves = [WHOLE_PICTURE] if evidence.is_of_whole_picture else evidence.face_ids
        work.set_legend(
            curves,
            detailed=self.detailed_face,
            questions=work.scores.questions_drawn,
            has_gaps=bool(len(work.scores.unanalysed_stripes)),
        )
        self._describe()

    def _on_threshold(self) -> None:
        self._workspace.show_threshold(self._session.threshold if self._session.knows_threshold else None)
        self._mark()

    def _on_judged(self) -> None:
        """Show the verdict and the spans: those of the chosen face and of the whole picture."""
        spans, face, verdict = self._session.spans, self._face, self._verdict
        self._workspace.verdict.show_session(self._session)
        if self._shown_spans is None or self._shown_spans[0] is not spans or self._shown_spans[1] != face:
            self._shown_spans = spans, face
            chosen = spans if face is None else spans.of_face(face)
            self._workspace.scores.show_spans(chosen.stretches)
            self._stretches = chosen.stretches
            self.suspicious.show_spans(chosen)
        loud = verdict is not None and verdict.outcome is Outcome.MANIPULATED
        self._workspace.transport.seek_bar.set_spans(self._stretches, loud=loud)
        self.suspicious.show_standing(self._session.threshold, verdict)
        highest = self._session.evidence.scores.highest(face)
        self.suspicious.explain(self._words_without_spans(), None if highest is None else highest.score)

    @property
    def _verdict(self) -> Verdict | None:
        """What the finished analysis says, at the threshold of the window; None before, and of test weights."""
        result, verdict = self._session.result, self._session.verdict
        if result is None or not result.model.trained:
            return None
        return verdict or result.verdict

    def _words_without_spans(self) -> str:
        if not len(self._session.evidence.scores):
            return tr("Suspicious moments are listed here when windows have been scored.")
        return tr("No window reaches the threshold of {threshold:.2f}.", threshold=self._session.threshold)

    def _fetch_thumbnail(self, span: Span, on_done: Callable[[QImage | None], None]) -> None:
        media = self._session.media
        if media is None:
            return
        pts = self._time_of(span)
        boxes = [face.box for face in self._session.evidence.faces.at(pts, self._frame_length() / 2)
                 if face.face == span.face]  # fmt: skip
        whole = (0.0, 0.0, float(media.info.video.width), float(media.info.video.height))
        self._session.fetching.still(pts, on_done, around=boxes[0] if boxes else whole)

    def _time_of(self, span: Span) -> float:
        return span.moment(self._pts_of)

    def _pts_of(self, frame: int) -> float | None:
        media = self._session.media
        return None if media is None else media.pts_of(frame)

    def _show(self, window: WindowScore) -> None:
        self._player.pause()
        self._frame_panel.keep_to(window.face)  # where several faces hold the frame, the one that is meant
        self._player.seek(window.moment(self._pts_of))

    def go_to_highest(self) -> None:
        """To the window with the highest score, of the chosen face if there is one."""
        if window := self._session.evidence.scores.highest(self._face):
            self._show(window)

    def jump(self, direction: int) -> None:
        """To the next (1) or previous (-1) suspicious moment."""
        self.suspicious.jump(direction, self._player.time)

    def move(self, seconds: float) -> None:
        self._player.seek(self._player.time + seconds)

    def go_to_end(self, *, last: bool) -> None:
        start, end = self._workspace.timeline.limits
        self._player.seek(end if last else start)

    def zoom(self, direction: int) -> None:
        self._workspace.timeline.zoom(direction, self._player.time)

    # The selection -------------------------------------------------------------------------------------------

    def mark_selection(self, *, end: bool) -> None:
        """Let the selection start, or end, at the frame under the cursor (an end holds that frame)."""
        self._looping.mark(end=end)
        self._workspace.bar.choose_range(selection=True)

    def clear_selection(self) -> None:
        self._looping.clear()
        self._workspace.bar.choose_range(selection=False)
