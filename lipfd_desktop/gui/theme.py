"""Colours and type: one calm look in dark and light, with data colours that stay the same in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from lipfd_desktop.gui.settings import Appearance
from lipfd_desktop.report.palette import BLUE, GREEN, ORANGE, PURPLE, SKY_BLUE, VIOLET
from lipfd_desktop.result import FacePath

GREY: Final = "#999999"
_SKY: Final = "#3A93E5"
"""Sky blue of the reports' palette, as dark as a thin line on white needs (3:1 on both backgrounds)."""
FACE_COLOURS: Final = (_SKY, VIOLET, PURPLE, GREEN, BLUE)
TIER_COLOURS: Final = (_SKY, VIOLET, PURPLE)
"""Hues of the reports' palette that do not say "suspicious"; colour-blind people can tell them apart."""
PATH_COLOURS: Final = {FacePath.DETECTED: "#e8ecf0", FacePath.FALLBACK: ORANGE, FacePath.INTERPOLATED: SKY_BLUE}
"""Of boxes; that of a face which was simply seen says nothing, as green would."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Surface and text colours."""

    window: str
    panel: str
    plot: str
    raised: str
    border: str
    handle: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_text: str
    danger: str


DARK: Final = Scheme(
    window="#1b1e23",
    panel="#22262c",
    plot="#16191d",
    raised="#2c3138",
    border="#383e47",
    handle="#5b6470",
    text="#e4e7eb",
    muted="#9aa4b0",
    disabled="#646d78",
    accent="#4c9be8",
    accent_text="#0d1116",
    danger="#8c2f21",
)
LIGHT: Final = Scheme(
    window="#f1f3f5",
    panel="#ffffff",
    plot="#ffffff",
    raised="#ffffff",
    border="#cbd1d8",
    handle="#a9b2bc",
    text="#1c2127",
    muted="#5a6572",
    disabled="#a3abb5",
    accent="#1f6fc2",
    accent_text="#ffffff",
    danger="#b3361f",
)


def scheme_of(widget: QWidget) -> Scheme:
    """The scheme that ``widget`` is painted in."""
    return scheme_of_palette(widget.palette())


def scheme_of_palette(palette: QPalette) -> Scheme:
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def face_colour(face: int) -> QColor:
    """The colour of a face's curve; the whole picture, a negative id, has the first: it is the only curve then."""
    return QColor(FACE_COLOURS[max(face, 0) % len(FACE_COLOURS)])


def ink_on(colour: QColor) -> QColor:
    """Black or white, whichever is better read on ``colour`` (relative luminance, WCAG 2)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in (colour.redF(), colour.greenF(), colour.blueF())]  # fmt: skip
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return QColor(Qt.GlobalColor.black if luminance > 0.179 else Qt.GlobalColor.white)


def small_font(widget: QWidget, *, bold: bool = False) -> QFont:
    font = QFont(widget.font())
    font.setPointSizeF(max(7.5, font.pointSizeF() * 0.88))
    font.setBold(bold)
    return font


def style_axes(plot: Any, widget: QWidget) -> None:
    """Give the axes of a plot of pyqtgraph (item or widget) the colours and the small font of ``widget``."""
    scheme = scheme_of(widget)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(QColor(scheme.border))
        axis.setTextPen(QColor(scheme.muted))
        axis.setTickFont(small_font(widget))


_ASKED: Final = "lipfd-appearance"
_QT_SCHEMES: Final = {
    Appearance.SYSTEM: Qt.ColorScheme.Unknown,
    Appearance.DARK: Qt.ColorScheme.Dark,
    Appearance.LIGHT: Qt.ColorScheme.Light,
}


def start(app: QApplication, appearance: Appearance) -> None:
    """Dress the program for the first time; it follows the desktop from then on, while that is what is asked for."""
    app.setStyle("Fusion")
    wear(app, appearance)
    app.styleHints().colorSchemeChanged.connect(lambda: _dress(app))


def wear(app: QApplication, appearance: Appearance) -> None:
    """Change to dark, to light, or to what the desktop asks for (dark where it asks for none), at once."""
    app.setProperty(_ASKED, str(appearance))
    app.styleHints().setColorScheme(_QT_SCHEMES[appearance])  # for title bars and the dialogs of the desktop
    _dress(app)


def _dress(app: QApplication) -> None:
    appearance = Appearance(app.property(_ASKED))
    if appearance is Appearance.SYSTEM:
        light = app.styleHints().colorScheme() == Qt.ColorScheme.Light
    else:
        light = appearance is Appearance.LIGHT
    scheme = LIGHT if light else DARK
    if app.palette() != _palette(scheme) or not app.styleSheet():
        apply(app, scheme)


def apply(app: QApplication, scheme: Scheme) -> None:
    app.setPalette(_palette(scheme))
    app.setStyleSheet(_style_sheet(scheme))


def _palette(scheme: Scheme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for target, colour in {
        role.Window: scheme.window,
        role.WindowText: scheme.text,
        role.Base: scheme.panel,
        role.AlternateBase: scheme.window,
        role.Text: scheme.text,
        role.Button: scheme.raised,
        role.ButtonText: scheme.text,
        role.BrightText: scheme.text,
        role.ToolTipBase: scheme.raised,
        role.ToolTipText: scheme.text,
        role.PlaceholderText: scheme.muted,
        role.Highlight: scheme.accent,
        role.HighlightedText: scheme.accent_text,
        role.Link: scheme.accent,
        role.LinkVisited: scheme.accent,
        role.Accent: scheme.accent,
        role.Mid: scheme.border,
    }.items():
        palette.setColor(target, QColor(colour))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(scheme.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(scheme.border))
    return palette


def _style_sheet(scheme: Scheme) -> str:
    return f"""
    QToolTip {{ color: {scheme.text}; background: {scheme.raised}; border: 1px solid {scheme.border}; padding: 4px; }}
    QLabel#hover {{ color: {scheme.text}; background: {scheme.raised}; border: 1px solid {scheme.border}; }}
    QMainWindow::separator {{ background: {scheme.window}; width: 6px; height: 6px; }}
    QSplitter::handle {{ background: {scheme.window}; }}
    QMenuBar {{ background: {scheme.window}; padding: 2px 6px; }}
    QMenuBar::item {{ padding: 4px 10px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {scheme.raised}; }}
    QMenu {{ background: {scheme.raised}; border: 1px solid {scheme.border}; padding: 4px; }}
    QMenu::item {{ padding: 5px 28px 5px 22px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {scheme.accent}; color: {scheme.accent_text}; }}
    QMenu::item:disabled {{ color: {scheme.disabled}; background: transparent; }}
    QMenu::separator {{ height: 1px; background: {scheme.border}; margin: 4px 8px; }}
    QDockWidget {{ font-weight: 600; }}
    QDockWidget::title {{ background: {scheme.window}; padding: 6px 4px; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QTabBar::tab {{ background: transparent; color: {scheme.muted}; padding: 6px 12px; border: 0;
        border-bottom: 2px solid transparent; }}
    QMainWindow > QTabBar::tab {{ padding: 6px 8px; }}
    QTabBar::tab:selected {{ color: {scheme.text}; border-bottom: 2px solid {scheme.accent}; }}
    QTabBar::tab:hover {{ color: {scheme.text}; }}
    QMessageBox QLabel#qt_msgbox_informativelabel {{ min-width: 300px; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QPushButton {{ background: {scheme.raised}; border: 1px solid {scheme.border}; border-radius: 5px;
        padding: 5px 14px; }}
    QPushButton[narrow="true"] {{ padding: 5px 6px; }}
    QPushButton:hover {{ border-color: {scheme.accent}; }}
    QPushButton:pressed {{ background: {scheme.border}; }}
    QPushButton:checked {{ background: {scheme.border}; border-color: {scheme.accent}; }}
    QPushButton:disabled {{ color: {scheme.disabled}; }}
    QPushButton:focus {{ border: 1px solid {scheme.accent}; }}
    QPushButton[primary="true"] {{ background: {scheme.accent}; color: {scheme.accent_text}; border: 1px solid
        {scheme.accent}; font-weight: 600; }}
    QPushButton[primary="true"]:hover {{ border-color: {scheme.text}; }}
    QPushButton[primary="true"]:disabled {{ background: {scheme.raised}; color: {scheme.disabled};
        border-color: {scheme.border}; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
    QToolButton:hover {{ background: {scheme.raised}; }}
    QToolButton:pressed, QToolButton:checked {{ background: {scheme.border}; }}
    QToolButton:focus {{ border: 1px solid {scheme.accent}; }}
    QToolButton#small {{ padding: 0px; border-radius: 3px; }}
    QToolButton#small::menu-indicator {{ image: none; }}
    QComboBox, QSpinBox, QLineEdit {{ background: {scheme.raised}; border: 1px solid {scheme.border};
        border-radius: 5px; padding: 4px 8px; min-height: 18px; }}
    QComboBox:focus, QSpinBox:focus, QLineEdit:focus {{ border-color: {scheme.accent}; }}
    QComboBox:disabled, QSpinBox:disabled {{ color: {scheme.disabled}; }}
    QComboBox::drop-down {{ border: 0; width: 18px; }}
    QComboBox QAbstractItemView {{ background: {scheme.raised}; border: 1px solid {scheme.border}; padding: 2px; }}
    QProgressBar {{ background: {scheme.raised}; border: 0; border-radius: 3px; max-height: 6px; }}
    QProgressBar::chunk {{ background: {scheme.accent}; border-radius: 3px; }}
    QListView, QTableView, QTreeView, QPlainTextEdit, QTextBrowser {{ background: {scheme.panel};
        border: 1px solid {scheme.border}; border-radius: 5px; }}
    QHeaderView::section {{ background: {scheme.panel}; color: {scheme.muted}; border: 0; padding: 5px 6px;
        border-bottom: 1px solid {scheme.border}; }}
    QTableView {{ gridline-color: {scheme.border}; }}
    QScrollBar {{ background: transparent; margin: 0; }}
    QScrollBar:vertical {{ width: 12px; }}
    QScrollBar:horizontal {{ height: 12px; }}
    QScrollBar::handle {{ background: {scheme.handle}; border-radius: 4px; margin: 2px; }}
    QScrollBar::handle:vertical {{ min-height: 28px; }}
    QScrollBar::handle:horizontal {{ min-width: 28px; }}
    QScrollBar::handle:hover {{ background: {scheme.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QStatusBar {{ color: {scheme.muted}; }}
    QStatusBar::item {{ border: 0; }}
    QToolButton[indicator="true"] {{ color: {scheme.muted}; padding: 2px 8px; }}
    QToolButton[indicator="true"][loud="true"] {{ background: {scheme.danger}; color: #ffffff; font-weight: 600; }}
    QLabel[muted="true"] {{ color: {scheme.muted}; }}
    QLabel[banner="true"] {{ background: {scheme.danger}; color: #ffffff; padding: 7px 14px; font-weight: 600; }}
    QLabel[title="true"] {{ font-size: 20pt; font-weight: 600; }}
    QFrame#bar {{ background: {scheme.panel}; border-radius: 6px; }}
    """
