"""The few pictures on buttons, drawn here so that they take the text colour of the scheme."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from lipfd_desktop.gui.theme import Scheme

SIZE: Final = 20
_LINE: Final = 'fill="none" stroke="{c}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"'
_SHAPES: Final = {
    "play": '<path d="M6 4l11 6-11 6z" fill="{c}"/>',
    "pause": '<path d="M5.5 4h3v12h-3zM11.5 4h3v12h-3z" fill="{c}"/>',
    "frame-back": '<path d="M13 4.5v11L6 10z" fill="{c}"/><path d="M15.5 5v10" ' + _LINE + "/>",
    "frame-forward": '<path d="M7 4.5v11l7-5.5z" fill="{c}"/><path d="M4.5 5v10" ' + _LINE + "/>",
    "suspicious-back": '<path d="M10 5l-5 5 5 5M16 5l-5 5 5 5" ' + _LINE + "/>",
    "suspicious-forward": '<path d="M10 5l5 5-5 5M4 5l5 5-5 5" ' + _LINE + "/>",
    "left": '<path d="M12.5 4.5L7 10l5.5 5.5" ' + _LINE + "/>",
    "right": '<path d="M7.5 4.5L13 10l-5.5 5.5" ' + _LINE + "/>",
    "loop": '<path d="M4 9V7.5A2.5 2.5 0 0 1 6.5 5H16M13.5 2.5L16 5l-2.5 2.5M16 11v1.5a2.5 2.5 0 0 1-2.5 2.5H4'
    'M6.5 12.5L4 15l2.5 2.5" ' + _LINE + "/>",
    "sound": '<path d="M3 8v4h3l4 3.5v-11L6 8z" fill="{c}"/><path d="M13 7.5a3.5 3.5 0 0 1 0 5M15 5a7 7 0 0 1 0 10" '
    + _LINE
    + "/>",
    "muted": '<path d="M3 8v4h3l4 3.5v-11L6 8z" fill="{c}"/><path d="M13 8l4 4M17 8l-4 4" ' + _LINE + "/>",
    "settings": '<path d="M3 6h6M13 6h4M3 14h2M9 14h8M11 4v4M7 12v4" ' + _LINE + "/>",
    "pin": '<path d="M7 3h6M8 3.5v5L5.5 12h9L12 8.5v-5M10 12v5.5" ' + _LINE + "/>",
    "boxes": '<path d="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M7.5 12.5c1.5 1.3 3.5 1.3 5 0M7.5 8v.5M12.5 8v.5" '
    + _LINE
    + "/>",
}


def icon(name: str, scheme: Scheme) -> QIcon:
    """The picture ``name`` in the text colour of ``scheme``, greyed when disabled, sharp on dense screens."""
    result = QIcon()
    for colour, mode in ((scheme.text, QIcon.Mode.Normal), (scheme.disabled, QIcon.Mode.Disabled)):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">{_SHAPES[name].format(c=colour)}</svg>'
        renderer = QSvgRenderer(QByteArray(svg.encode()))
        for ratio in (1, 2):
            pixmap = QPixmap(SIZE * ratio, SIZE * ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, SIZE * ratio, SIZE * ratio))
            painter.end()
            pixmap.setDevicePixelRatio(ratio)
            result.addPixmap(pixmap, mode)
    return result
