"""What the actions of the window do, when they can be done, and which buttons do the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QUndoStack

from lipfd_desktop.gui.actions import Actions
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.language import mark, tr

if TYPE_CHECKING:
    from lipfd_desktop.gui.main_window import MainWindow

EXPORTS: Final = {
    "pdf": mark("PDF report (*.pdf)"),
    "html": mark("HTML report (*.html)"),
    "png": mark("PNG figure (*.png)"),
    "json": mark("JSON (*.json)"),
    "csv": mark("CSV table (*.csv)"),
}
_THRESHOLD_STEP: Final = 0.01
_NEEDS_FILE: Final = (
    "analyze", "toggle", "frame-back", "frame-forward", "second-back", "second-forward", "first", "last", "go-to",
    "previous", "next", "highest", "window-before", "window-after", "copy-evidence", "table", "compare",
    "picture-in", "picture-out", "picture-fit", "picture-pixels", "picture-face", "picture-mouth",
    "snapshot", "snapshot-plain", "loop", "loop-start", "loop-end", "loop-clear",
    "zoom-in", "zoom-out", "zoom-all", "reset-layout",
    "mark", "mark-window", "mark-previous", "mark-next",
)  # fmt: skip


def handlers(window: MainWindow) -> dict[str, Callable[..., object]]:
    """What each action does, by its name in :data:`~lipfd_desktop.gui.actions.ACTIONS`."""
    session, review, player = window.session, window.review, window.player
    transport, panel = window.workspace.transport, window.frame_panel
    return {
        "open": window.ask_open,
        "sample": window.open_sample,
        "queue": window.queue.show,
        "queue-files": window.queue.ask_files,
        "queue-folder": window.queue.ask_folder,
        "quit": window.close,
        "analyze": window.analyze,
        "analyze-anew": partial(window.analyze, anew=True),
        "forget-results": session.library.forget_results,
        "cancel": session.cancel,
        "threshold-up": lambda: _move_threshold(session, _THRESHOLD_STEP),
        "threshold-down": lambda: _move_threshold(session, -_THRESHOLD_STEP),
        "compare": window.comparing.compare,
        "model-threshold": lambda: session.set_threshold(None),
        "models": window.show_models,
        "boxes": transport.boxes_button.setChecked,
        "zoom-in": lambda: review.zoom(1),
        "zoom-out": lambda: review.zoom(-1),
        "zoom-all": lambda: review.zoom(0),
        "reset-layout": window.reset_layout,
        "toggle": player.toggle,
        "frame-back": lambda: player.step(-1),
        "frame-forward": lambda: player.step(1),
        "second-back": lambda: review.move(-1.0),
        "second-forward": lambda: review.move(1.0),
        "first": lambda: review.go_to_end(last=False),
        "last": lambda: review.go_to_end(last=True),
        "go-to": lambda: _ask_where(window),
        "previous": lambda: review.jump(-1),
        "next": lambda: review.jump(1),
        "highest": review.go_to_highest,
        "window-before": partial(panel.step_window, -1),
        "window-after": partial(panel.step_window, 1),
        "copy-evidence": panel.copy,
        "loop": transport.loop_button.setChecked,
        "loop-start": lambda: review.mark_selection(end=False),
        "loop-end": lambda: review.mark_selection(end=True),
        "loop-clear": review.clear_selection,
        "face-next": window.people.choose_next,
        "face-all": lambda: window.people.choose(None),
        "mute": transport.mute_button.setChecked,
        "table": lambda: window.docks.focus("windows"),
        "log": lambda: window.docks.focus("log"),
        **window.guide.handlers(),
        "report": window.show_report,
        **window.desk.handlers(),
        **window.marks.handlers(),
        **window.picture.handlers(),
        **{f"export-{kind}": partial(window.ask_export, kind) for kind in EXPORTS},
    }


def _move_threshold(session: Session, step: float) -> None:
    session.set_threshold(min(max(round(session.threshold + step, 2), 0.0), 1.0))


def _ask_where(window: MainWindow) -> None:
    if window.session.media is not None:
        window.go_to.ask(window.session.media.frame_times, window.player.time)


def enable(actions: Actions, session: Session, *, has_sample: bool) -> None:
    """Let those actions be chosen that can be done now."""
    state = session.state
    opening, has_file = state is State.OPENING, session.media is not None
    actions.enable(_NEEDS_FILE, has_file and not opening)
    actions.enable(("analyze", "analyze-anew"), state is State.READY)
    actions.enable(("cancel",), state in (State.ANALYSING, State.OPENING))
    actions.enable(("sample",), has_sample)
    actions.enable(("tour",), not opening and (has_file or has_sample))
    actions.enable(("report", *(f"export-{kind}" for kind in EXPORTS)), session.result is not None)


def follow_undo(actions: Actions, stack: QUndoStack) -> None:
    """Let Undo and Redo say what they would take back or do again."""
    undo, redo = actions["undo"], actions["redo"]
    undo.setEnabled(False)
    redo.setEnabled(False)
    stack.canUndoChanged.connect(undo.setEnabled)
    stack.canRedoChanged.connect(redo.setEnabled)
    stack.undoTextChanged.connect(lambda what: undo.setText(tr("&Undo {what}", what=what)))
    stack.redoTextChanged.connect(lambda what: redo.setText(tr("&Redo {what}", what=what)))


def show_on_buttons(window: MainWindow) -> None:
    """Let buttons and the actions that do the same say one key and stand alike."""
    actions, transport, stepper = window.actions_, window.workspace.transport, window.frame_panel.stepper
    for name, button in (
        ("boxes", transport.boxes_button), ("loop", transport.loop_button), ("mute", transport.mute_button)
    ):  # fmt: skip
        actions[name].setChecked(button.isChecked())
        button.toggled.connect(actions[name].setChecked)
    actions.explain(transport.play_button, "toggle")
    actions.explain(transport.back_button, "frame-back")
    actions.explain(transport.forward_button, "frame-forward")
    actions.explain(transport.previous_button, "previous")
    actions.explain(transport.next_button, "next")
    actions.explain(window.review.suspicious.highest_button, "highest")
    actions.explain(transport.loop_button, "loop", "loop-start", "loop-end", "loop-clear")
    actions.explain(transport.boxes_button, "boxes")
    actions.explain(transport.mute_button, "mute")
    actions.explain(stepper.back_button, "window-before")
    actions.explain(stepper.on_button, "window-after")
    actions.explain(window.desk.panel.log_button, "case-log")
