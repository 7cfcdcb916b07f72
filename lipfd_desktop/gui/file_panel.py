"""What the file says about itself, and what must be known before its result is believed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import KeepKeys
from lipfd_desktop.language import tr
from lipfd_desktop.media.info import AudioStream, MediaInfo, VideoStream
from lipfd_desktop.notices import say
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import Notice

Rows = list[tuple[str, str]]


def _bit_rate(rate: int | None) -> str:
    return tr("not stated") if rate is None else f"{rate / 1000:,.0f} kbit/s"


def _codec(stream: VideoStream | AudioStream) -> str:
    return stream.codec + (f" ({stream.profile})" if stream.profile else "")


def describe(info: MediaInfo, frames: int) -> list[tuple[str, Rows]]:
    """Captions and values in groups, as people look for them."""
    container: Rows = [
        (tr("Name"), printable(info.path.name)),
        (tr("Folder"), printable(info.path.parent)),
        (tr("Size"), text.file_size(info.size_bytes)),
        (tr("Modified"), text.local_time(info.modified)),
        (tr("Container"), info.format_name),
        (tr("Duration"), text.clock(info.duration)),
        (tr("Start time"), f"{info.start_time:.6f} s"),
        (tr("Bit rate"), _bit_rate(info.bit_rate)),
        (tr("Streams"), str(info.streams)),
    ]
    video = info.video
    declared = tr("none") if video.declared_frames is None else f"{video.declared_frames:,}"
    picture: Rows = [
        (tr("Codec"), _codec(video)),
        (tr("Picture"), f"{video.width} × {video.height} px"),
        (tr("Rotation"), f"{video.rotation}°"),
        (tr("Pixel format"), video.pixel_format or tr("not stated")),
        (tr("Pixel aspect ratio"), video.sample_aspect_ratio or tr("not stated")),
        (tr("Frame rate"), tr("{rate:.3f} frames a second (average)", rate=video.average_fps)),
        (tr("Frames"), tr("{read:,} read, {declared} declared", read=frames, declared=declared)),
        (tr("Time base"), video.time_base),
        (tr("First frame at"), f"{video.start:.6f} s"),
        (tr("Bit rate"), _bit_rate(video.bit_rate)),
    ]  # fmt: skip
    groups = [(tr("File"), container), (tr("Video"), picture)]
    if info.audio is not None:
        audio = info.audio
        sound: Rows = [
            (tr("Codec"), _codec(audio)),
            (tr("Sample rate"), f"{audio.sample_rate:,} Hz"),
            (tr("Channels"), f"{audio.channels} ({audio.layout})"),
            (tr("First sample at"), f"{audio.start:.6f} s"),
            (tr("Bit rate"), _bit_rate(audio.bit_rate)),
        ]
        groups.append((tr("Sound"), sound))
    else:
        groups.append((tr("Sound"), [(tr("Track"), tr("none"))]))
    if info.tags:
        groups.append((tr("Tags"), [(printable(name), printable(value)) for name, value in info.tags.items()]))
    return groups


class _Wrapping(QStyledItemDelegate):
    """Makes a row as high as its words need in a column as wide as it is."""

    def __init__(self, tree: QTreeWidget) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        wide = QStyleOptionViewItem(option)
        wide.rect = QRect(0, 0, self._tree.columnWidth(index.column()), 1)
        return super().sizeHint(wide, index)


class FilePanel(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("File"))
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Properties of the file"))
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(10)
        self.tree.setWordWrap(True)
        self.tree.setItemDelegateForColumn(1, _Wrapping(self.tree))
        self.tree.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setFont(theme.small_font(self.tree))
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        # A narrower column wraps its words into more lines, which the rows have to be told.
        self.tree.header().sectionResized.connect(lambda *_: self.tree.scheduleDelayedItemsLayout())
        copy = QAction(tr("Copy value"), self.tree)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.tree.addAction(copy)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        KeepKeys(self.tree, [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.tree)
        self._shown: list[tuple[str, Rows]] = []

    def _copy(self) -> None:
        if item := self.tree.currentItem():
            QGuiApplication.clipboard().setText(item.text(1) or item.text(0))

    def show_file(self, info: MediaInfo, frames: int, sha256: str | None, notices: Sequence[Notice]) -> None:
        """Fill in; notices come first, the hash as soon as an analysis has computed it."""
        groups = describe(info, frames)
        groups[0][1].append(("SHA-256", sha256 or tr("computed with the analysis")))
        if notices:
            groups.insert(0, (tr("Note"), [("", say(notice)) for notice in notices]))
        if groups == self._shown:
            return
        self._shown = groups
        self.tree.clear()
        tips = {text.local_time(info.modified): info.modified}
        for caption, rows in groups:
            group = QTreeWidgetItem([caption])
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            self.tree.addTopLevelItem(group)
            for name, value in rows:
                row = QTreeWidgetItem([name, value] if name else [value])
                row.setToolTip(1, text.tip(tips.get(value, value)))
                row.setTextAlignment(0, Qt.AlignmentFlag.AlignTop)
                row.setForeground(0, self.palette().placeholderText() if name else self.palette().text())
                group.addChild(row)
                if not name:
                    row.setFirstColumnSpanned(True)
        self.tree.expandAll()
