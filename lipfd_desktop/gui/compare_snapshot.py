"""Both exact frames and the curves below them as one picture with a caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QMessageBox, QWidget

from lipfd_desktop import __version__
from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.compare_side import COLOURS, LETTERS, Side
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.jobs import Job
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.outputs import Output
from lipfd_desktop.gui.pictures import picture
from lipfd_desktop.gui.saving import ask_target, refuse_changed, write_png
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.theme import Scheme
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import outcome_words
from lipfd_desktop.report.text import printable

_GAP: Final = 12
_LEAST_WIDTH: Final = 1200
_ANY_HEIGHT: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A frame of one file: its PTS in seconds and its ordinal; ``inside`` tells whether the common time is in it."""

    side: Side
    pts: float
    frame: int
    inside: bool


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a snapshot shows: a moment of A and of B, and what the window says about both.

    ``plots`` are the tracks as they stand on the screen.
    """

    moments: tuple[Moment, Moment]
    offset: float
    note: str
    plots: QImage
    scheme: Scheme

    @property
    def paths(self) -> tuple[Path, Path]:
        """The files of A and of B."""
        suspect, reference = self.moments
        return suspect.side.media.info.path, reference.side.media.info.path


def caption(scene: Scene) -> list[str]:
    """The lines below the picture: names, hashes, times, offset, models, and what else is to be known."""
    lines = []
    for letter, moment in zip(LETTERS, scene.moments, strict=True):
        side = moment.side
        where = tr("{time}, frame {frame:,}", time=text.clock(moment.pts), frame=moment.frame)
        if not moment.inside:
            where = tr("{where} (the nearest: the common time lies outside of this file)", where=where)
        if (score := side.evidence.score_at(moment.pts + side.frame_length / 2, side.face)) is not None:
            where = tr("{where}, fake score of its window {score:.3f}", where=where, score=score)
        lines.append(f"{letter}   {side.name}   {where}")
        lines.append(tr("     SHA-256 {hash}", hash=side.media.sha256))
        if side.result is not None:
            model = side.result.model
            lines.append(
                tr("     {outcome}; model {name}, SHA-256 {hash}; threshold {threshold:.3f}",
                   outcome=outcome_words(side.result.verdict.outcome), name=model.name, hash=model.sha256,
                   threshold=side.threshold)
            )  # fmt: skip
    lines.append(tr("Offset: {offset:+.3f} s added to the times of B give those of A", offset=scene.offset))
    lines.append(scene.note)
    lines.append(tr("LipFD Desktop {version}. An investigative aid, not proof.", version=__version__))
    return lines


def _title(place: int, moment: Moment) -> str:
    """What is written above the frame of A (0) or B (1)."""
    return f"{LETTERS[place]}   {text.clock(moment.pts)}   {moment.side.name}"


def compose(frames: tuple[QImage, QImage], scene: Scene) -> QImage:
    """Both frames in their own pixels side by side, the plots over the whole width, and the caption."""
    plots, scheme = scene.plots, scene.scheme
    titles = [_title(place, moment) for place, moment in enumerate(scene.moments)]
    across = frames[0].width() + frames[1].width() + 3 * _GAP
    width = max(across, _LEAST_WIDTH)
    font = QFont()
    font.setPixelSize(max(14, width // 100))
    flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
    plot_width = width - 2 * _GAP
    words = "\n".join(caption(scene))
    caption_height = QFontMetrics(font).boundingRect(0, 0, plot_width, _ANY_HEIGHT, flags, words).height()
    tall = max(frame.height() for frame in frames)
    plot_height = round(plots.height() * plot_width / max(plots.width(), 1))
    badge = round(font.pixelSize() * 1.45) + 6
    height = _GAP + badge + tall + _GAP + plot_height + _GAP + caption_height + _GAP
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(scheme.window))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setFont(font)
    left = (width - across) // 2 + _GAP
    for heading, colour, frame in zip(titles, COLOURS, frames, strict=True):
        painter.fillRect(left, _GAP, frame.width(), badge - 4, QColor(colour))
        painter.setPen(theme.ink_on(QColor(colour)))
        painter.drawText(left + 8, _GAP, frame.width() - 8, badge - 4, Qt.AlignmentFlag.AlignVCenter, heading)
        painter.drawImage(left, _GAP + badge, frame)
        left += frame.width() + _GAP
    top = _GAP + badge + tall + _GAP
    painter.drawImage(QRectF(_GAP, top, plot_width, plot_height), plots)
    painter.setPen(QColor(scheme.text))
    painter.drawText(_GAP, top + plot_height + _GAP, plot_width, caption_height, flags, words)
    painter.end()
    return image


class Snapshots(QObject):
    """Asks where, and writes there what the window shows.

    Parameters
    ----------
    engine, session
        The frames are read and the picture is written on the side thread of ``session``.
    scene
        Tells what the window shows.
    window
        Parent of the dialog.

    Signals
    -------
    told
        Something that the user should read in passing.
    """

    told = Signal(str)

    def __init__(
        self,
        engine: EnginePort,
        session: Session,
        folders: OutputFolders,
        scene: Callable[[], Scene | None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._engine = engine
        self._session = session
        self._folders = folders
        self._scene = scene
        self._window = window
        self.message: QMessageBox | None = None

    def ask(self) -> None:
        """Ask for a name, and write the picture of this moment there."""
        scene = self._scene()
        if scene is None:
            return
        suspect, reference = scene.paths
        folder = self._folders.propose("comparison")
        self.message = ask_target(
            self._window, tr("Save this moment"), folder / f"{suspect.stem}-{reference.stem}.png",
            tr("PNG picture (*.png)"), self.save, examined=scene.paths,
        )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write both exact frames, the tracks and a caption to ``path`` as PNG."""
        scene = self._scene()
        if scene is None:
            return
        self._folders.remember("comparison", path.parent)
        self.told.emit(tr("Writing {name}…", name=printable(path.name)))

        moments, sources = scene.moments, scene.paths

        def write(job: Job) -> None:
            one, two = (
                picture(self._engine.still(source, moment.pts), None)
                for source, moment in zip(sources, moments, strict=True)
            )
            # After reading: the frames are from the files that have these hashes, or no picture is made.
            for source, moment in zip(sources, moments, strict=True):
                refuse_changed(source, moment.side.media.sha256, job.is_cancelled)
            write_png(compose((one, two), scene), path, examined=sources)

        suspect, reference = (moment.side.media for moment in moments)
        output = Output(
            kind="comparison", path=path, about=suspect.info.path, about_sha256=suspect.sha256,
            details={"reference": reference.info.path.name, "reference_sha256": reference.sha256},
        )  # fmt: skip
        self._session.outputs.write(
            output, write, lambda _nothing: self.told.emit(tr("Written: {path}", path=printable(path)))
        )
