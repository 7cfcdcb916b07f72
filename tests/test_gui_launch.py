"""How the program starts: what is left in place for as long as it runs."""

from __future__ import annotations

import subprocess
import sys

SPEAKS = """
from PySide6.QtCore import qCritical, qInfo, qInstallMessageHandler, qWarning
from lipfd_desktop.gui import launch
application = launch.make_application()
for say in (qInfo, qWarning, qCritical):
    say(say.__name__)
print(qInstallMessageHandler(None))
"""


def test_messages_of_qt_never_wait_for_python_and_only_critical_ones_are_told() -> None:
    """Whoever has the interpreter may be waiting for the thread that has something to say."""
    started = subprocess.run(
        [sys.executable, "-c", SPEAKS],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert started.stdout == "None\n"
    assert started.stderr == "qCritical\n"
