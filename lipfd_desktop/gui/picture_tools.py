"""What is done with the picture: zooming, following a face, saving the frame under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from lipfd_desktop import __version__
from lipfd_desktop.gui import text
from lipfd_desktop.gui.camera import Part
from lipfd_desktop.gui.frame_panel import FramePanel
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.outputs import Output
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.review import Review
from lipfd_desktop.gui.saving import ask_target
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.snapshot import Snapshot, write_snapshot
from lipfd_desktop.gui.video_view import VideoView
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import outcome_words, subject_words
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import OpenedMedia, Verdict, WindowScore


class PictureTools(QObject):
    """Handlers of the actions of the picture.

    Parameters
    ----------
    examined
        Tells which files a snapshot must never replace.

    Signals
    -------
    said
        A sentence for the status bar.
    """

    said = Signal(str)

    def __init__(
        self, window: QWidget, session: Session, player: Player, review: Review, panel: FramePanel,
        folders: OutputFolders, video: VideoView, examined: Callable[[], Iterable[Path]],
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._session, self._player, self._review = window, session, player, review
        self._panel, self._folders, self._video, self._examined = panel, folders, video, examined
        self.message: QMessageBox | None = None

    def handlers(self) -> dict[str, Callable[..., object]]:
        """By the names of the actions."""
        video = self._video
        return {
            "picture-in": lambda: video.zoom(1),
            "picture-out": lambda: video.zoom(-1),
            "picture-fit": lambda: video.zoom(0),
            "picture-pixels": video.zoom_to_pixels,
            "picture-face": partial(self._follow, Part.FACE),
            "picture-mouth": partial(self._follow, Part.MOUTH),
            "snapshot": partial(self.ask_snapshot, overlay=True),
            "snapshot-plain": partial(self.ask_snapshot, overlay=False),
        }

    def _follow(self, part: Part, follows: bool) -> None:
        if follows:
            self._video.follow(part)
            if not self._video.marks:
                self.said.emit(tr("No face is known in this frame; the zoom waits for one that an analysis found."))
        elif self._video.followed is part:
            self._video.follow(None)

    def ask_snapshot(self, *, overlay: bool) -> None:
        """Ask where the frame under the cursor shall be saved, and save it there."""
        media = self._session.media
        if media is None:
            return
        self._player.pause()
        pts, snapshot = self._player.time, self._describe(media, overlay=overlay)
        stem = f"{media.info.path.stem}-frame{self._player.frame:06d}"
        self.message = ask_target(
            self._window, tr("Save snapshot"), self._folders.propose("snapshot") / f"{stem}.png",
            tr("PNG picture (*.png)"), partial(self._save, media, pts, snapshot), examined=snapshot.examined,
        )  # fmt: skip

    def _save(self, media: OpenedMedia, pts: float, snapshot: Snapshot, path: Path) -> None:
        self._folders.remember("snapshot", path.parent)
        self.said.emit(tr("Writing {name}…", name=printable(path.name)))
        read = partial(self._session.engine.still, media.info.path, pts)
        self._session.outputs.write(
            Output(kind="snapshot", path=path, about=media.info.path, about_sha256=media.sha256),
            lambda job: write_snapshot(read, snapshot, path, job.is_cancelled),
            lambda _nothing: self.said.emit(tr("Written: {path}", path=printable(path))),
        )

    def _describe(self, media: OpenedMedia, *, overlay: bool) -> Snapshot:
        """What is known about the frame under the cursor."""
        pts, frame, window = self._player.time, self._player.frame, self._panel.shown
        name, started = printable(media.info.path.name), self._session.evidence.started
        facts = {
            "Software": f"LipFD Desktop {__version__}",
            "Title": f"Frame {frame} of {name}",
            "File": name,
            "SHA-256": media.sha256,
            "PTS": f"{pts:.6f}",
            "Frame": str(frame),
            "Overlay": "yes" if overlay else "no",
        }
        caption = [
            name,
            f"SHA-256 {media.sha256}",
            tr(
                "{time}  ·  PTS {pts:.6f} s  ·  frame {frame:,} (the first is 0)",
                time=text.clock(pts), pts=pts, frame=frame,
            ),
        ]  # fmt: skip
        if window is None or window.score is None or started is None:
            caption.append(tr("No window of this frame was analysed."))
        else:
            facts |= {"Model": started.model.name, "Model SHA-256": started.model.sha256} | _score_facts(window)
            caption.append(
                tr(
                    "Fake score {score:.3f} (window {window:,}, {owner}; threshold {threshold:.3f})  ·  model {model}",
                    score=window.score, window=window.index, owner=subject_words(window.face),
                    threshold=self._session.threshold, model=printable(started.model.name),
                )
            )  # fmt: skip
            if not started.model.trained:
                caption.append(tr("Test weights: these numbers mean nothing."))
            if (verdict := self._session.verdict) is not None and started.model.trained:
                caption += _verdict_lines(verdict)
        drawn = self._review.overlay_at(pts) if overlay else None
        return Snapshot(media.info.path, media.sha256, tuple(caption), facts, drawn, tuple(self._examined()))


def _verdict_lines(verdict: Verdict) -> list[str]:
    """What keeps a picture of one moment from being read as the answer for the file."""
    return [
        tr("Verdict on the whole file: {verdict}", verdict=outcome_words(verdict.outcome)),
        tr("An investigative aid, not proof; a score is no probability of a forgery."),
    ]


def _score_facts(window: WindowScore) -> dict[str, str]:
    numbers = {
        "Fake score": window.score,
        "Logit": window.logit,
        "Generated": window.generated,
        "Foreign sound": window.foreign_sound,
    }
    return {"Window": str(window.index)} | {
        name: f"{value:.6f}" for name, value in numbers.items() if value is not None
    }
