"""What the program is, what a score can say, and whose work it stands on."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from lipfd_desktop import __version__
from lipfd_desktop.gui.controls import resize_to_fit
from lipfd_desktop.language import tr

PARTS: Final = (
    ("Qt for Python", "pyside6-essentials", "LGPL-3.0"),
    ("PyTorch", "torch", "BSD-3-Clause"),
    ("MediaPipe", "mediapipe", "Apache-2.0"),
    ("PyAV with FFmpeg", "av", "BSD-3-Clause; FFmpeg LGPL-2.1+, parts GPL-2.0+"),
    ("OpenCV", "opencv-python-headless", "Apache-2.0"),
    ("librosa", "librosa", "ISC"),
    ("python-soxr", "soxr", "LGPL-2.1+"),
    ("python-soundfile", "soundfile", "BSD-3-Clause"),
    ("OpenCLIP", "open-clip-torch", "MIT"),
    ("safetensors", "safetensors", "Apache-2.0"),
    ("NumPy", "numpy", "BSD-3-Clause"),
    ("scikit-learn", "scikit-learn", "BSD-3-Clause"),
    ("Pillow", "pillow", "MIT-CMU"),
    ("PyQtGraph", "pyqtgraph", "MIT"),
    ("Matplotlib", "matplotlib", "Matplotlib (BSD style)"),
    ("ReportLab", "reportlab", "BSD-3-Clause"),
)
"""Name, distribution and licence of the main parts."""


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # a frozen program carries no metadata of its parts
        return ""


def about_html() -> str:
    paragraphs = [
        f"<h2>LipFD Desktop {__version__}</h2>",
        tr("Examines talking-head video for lip-sync forgery with networks after LipFD (Liu et al., “Lips Are Lying: "
           "Spotting the Temporal Inconsistency between Audio and Visual in Lip-Syncing DeepFakes”, NeurIPS 2024)."),
        tr("A score is an investigative aid, not proof. It says how this network rates a window, not how likely it is "
           "to be right. “Inconclusive” is the normal answer."),
        tr("Everything is computed on this machine; the examined file is never written to."),
        tr("MIT licence. It stands on the work of others:"),
    ]  # fmt: skip
    rows = "".join(
        f'<tr><td style="padding: 1px 18px 1px 0">{name} {_version_of(distribution)}</td><td>{licence}</td></tr>'
        for name, distribution, licence in PARTS
    )
    head = paragraphs[0] + "".join(f"<p>{words}</p>" for words in paragraphs[1:])
    return f"{head}<table cellspacing='0'>{rows}</table>"


class About(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About LipFD Desktop"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QTextBrowser()
        page.setAccessibleName(tr("About LipFD Desktop"))
        page.setHtml(about_html())
        page.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(12)
        layout.addWidget(page, 1)
        layout.addWidget(buttons)
        resize_to_fit(self, 580, 580)
