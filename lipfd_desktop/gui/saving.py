"""Where something is saved, and that it takes the place of nothing that must stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from lipfd_desktop.errors import ExportError, MediaError
from lipfd_desktop.gui import messages
from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.language import mark, tr
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.text import printable


def ask_target(
    parent: QWidget,
    title: str,
    proposed: Path,
    kinds: str,
    save: Callable[[Path], None],
    *,
    examined: Iterable[Path],
) -> QMessageBox | None:
    """Ask where to save, and let ``save`` do it there; the message that is shown for that, if there is one.

    Parameters
    ----------
    proposed
        Its suffix is given to whatever the user types; an existing file is asked about by that final name.
    kinds
        The filter of the dialog.
    examined
        Files that are never replaced, whatever the user consents to.
    """
    name, _ = QFileDialog.getSaveFileName(
        parent, title, str(proposed), kinds, options=QFileDialog.Option.DontConfirmOverwrite
    )
    if not name:
        return None
    path = Path(name) if Path(name).suffix.lower() == proposed.suffix else Path(f"{name}{proposed.suffix}")
    if not path.exists():
        save(path)
        return None
    try:
        refuse_examined(path, examined)
    except ExportError as error:
        return messages.show_failure(parent, Failure.of(error))
    where = tr("There is a file of this name in {folder}. Its contents will be lost.", folder=printable(path.parent))
    question = tr("Replace {name}?", name=printable(path.name))
    return messages.ask(parent, question, where, tr("Replace"), partial(save, path))


def refuse_examined(target: Path, examined: Iterable[Path]) -> None:
    """Let nothing be written over evidence, by whatever name or link.

    Raises
    ------
    ExportError
        ``target`` is one of the ``examined`` files.
    """
    if not target.exists():
        return
    if any(path.exists() and target.samefile(path) for path in examined):
        raise ExportError(
            mark("{name}: could not be written: it is an examined file, which is never changed; choose another name."),
            name=target.name,
        )


def refuse_changed(path: Path, sha256: str, is_cancelled: Callable[[], bool]) -> None:
    """Let no picture name a hash that its file does not have; to be called after the picture was read.

    Raises
    ------
    MediaError
        The file at ``path`` is not the one any more that was opened with this SHA-256.
    Cancelled
        ``is_cancelled`` said so.
    """
    if sha256_of(path, is_cancelled) != sha256:
        raise MediaError(path, mark("was changed on disk since it was opened; open it again before saving a snapshot."))


def write_png(image: QImage, target: Path, *, examined: Iterable[Path]) -> None:
    """Write a picture whole or not at all; safe on any thread.

    Raises
    ------
    ExportError
        ``target`` is one of the ``examined`` files, or cannot be written.
    """
    refuse_examined(target, examined)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, PySide a str
    with open_atomic(target) as stream:
        stream.write(bytes(buffer.data().data()))
