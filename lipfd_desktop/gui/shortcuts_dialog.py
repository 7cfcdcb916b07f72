"""Which key does what, for changing it: search, record a key, and decide who keeps it where two want the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import messages
from lipfd_desktop.gui.controls import muted_label, plain_label, resize_to_fit
from lipfd_desktop.gui.keymap import Keymap, WindowActions, key_words, without_mnemonic
from lipfd_desktop.language import tr

_NAME = Qt.ItemDataRole.UserRole
_RECORDER_WIDTH = 120


class ShortcutsDialog(QDialog):
    """Every change takes effect at once, in the menus and in the tips of buttons of every window."""

    def __init__(self, parent: QWidget, keymap: Keymap) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Change shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._keymap = keymap
        self.message: QMessageBox | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search for an action or a key"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Actions and their keys"))
        self.tree.setHeaderLabels([tr("Action"), tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(14)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self.recorder = QKeySequenceEdit()
        self.recorder.setMaximumSequenceLength(1)
        self.recorder.setClearButtonEnabled(True)
        self.recorder.setMinimumWidth(_RECORDER_WIDTH)
        self.recorder.setAccessibleName(tr("New key: press it"))
        self.replace_button = QPushButton(tr("&Use this key"))
        self.add_button = QPushButton(tr("&Add this key"))
        self.remove_button = QPushButton(tr("Re&move its keys"))
        self.reset_button = QPushButton(tr("R&eset"))
        self.reset_all_button = QPushButton(tr("Reset a&ll…"))
        self.hint = muted_label(wraps=True)
        self._arrange()
        self._fill()
        self._connect()
        resize_to_fit(self, 680, 640)

    def _arrange(self) -> None:
        label = plain_label(tr("&New key"))
        label.setBuddy(self.recorder)
        record = QHBoxLayout()
        for widget in (label, self.recorder, self.replace_button, self.add_button, self.remove_button,
                       self.reset_button):  # fmt: skip
            record.addWidget(widget)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        below = QHBoxLayout()
        below.addWidget(self.reset_all_button)
        below.addStretch(1)
        below.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 14)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addLayout(record)
        layout.addWidget(self.hint)
        layout.addLayout(below)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Return may be recorded, and must change and close nothing

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(self._on_chosen)
        self.tree.itemActivated.connect(lambda *_: self.recorder.setFocus())
        self.recorder.keySequenceChanged.connect(self._on_chosen)
        self.replace_button.clicked.connect(lambda: self._give(add=False))
        self.add_button.clicked.connect(lambda: self._give(add=True))
        self.remove_button.clicked.connect(lambda: self._set(self.current, ()))
        self.reset_button.clicked.connect(self._ask_reset_one)
        self.reset_all_button.clicked.connect(self._ask_reset_all)
        self._on_chosen()

    # The list ------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        chosen = self.current
        self.tree.clear()
        for window in self._keymap.windows:
            for title, names in window.menus.items():
                self._fill_group(window, without_mnemonic(tr(title)), [name for name in names if name in window.rows])
        if chosen:
            self._select(chosen)
        self.tree.expandAll()
        self._filter()

    def _fill_group(self, window: WindowActions, title: str, names: Sequence[str]) -> None:
        """A menu of a window with its actions; that of the first window needs no name of the window."""
        if window is not self._keymap.windows[0]:
            title = tr("{window}: {menu}", window=tr(window.title), menu=title)
        group = QTreeWidgetItem([title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = self.tree.font()
        font.setBold(True)
        group.setFont(0, font)
        self.tree.addTopLevelItem(group)
        group.setFirstColumnSpanned(True)
        for name in names:
            item = QTreeWidgetItem([window.words(name), key_words(self._keymap.keys(window.prefix + name))])
            item.setToolTip(0, window.tip(name))
            item.setData(0, _NAME, window.prefix + name)
            group.addChild(item)

    def _filter(self) -> None:
        wanted = self.search.text().casefold().strip()
        for i in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(i)
            if group is None:
                continue
            rows = group.takeChildren()
            group.addChildren(rows)
            for row in rows:
                row.setHidden(not any(wanted in row.text(column).casefold() for column in (0, 1)))
            group.setHidden(all(row.isHidden() for row in rows))

    def choose(self, name: str) -> None:
        """Show the action ``name``, with the prefix of its window, and let its key be recorded."""
        self._select(name)
        self.recorder.setFocus()

    def _select(self, name: str) -> None:
        for item in self.tree.findItems("", Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchContains):
            if item.data(0, _NAME) == name:
                self.tree.setCurrentItem(item)

    @property
    def current(self) -> str:
        """Name of the chosen action; empty for none."""
        item = self.tree.currentItem()
        return str(item.data(0, _NAME) or "") if item is not None else ""

    @property
    def _key(self) -> str:
        return self.recorder.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _owner(self) -> str:
        """Another action of the same window that has the recorded key."""
        wanted = self.recorder.keySequence()
        others = self._keymap.rivals(self.current) if self.current else ()
        return next((name for name in others if wanted in map(QKeySequence, self._keymap.keys(name))), "")

    def _on_chosen(self, *_: object) -> None:
        name, key, owner = self.current, self._key, self._owner() if self._key else ""
        for button in (self.replace_button, self.add_button):
            button.setEnabled(bool(name and key))
        for button in (self.remove_button, self.reset_button):
            button.setEnabled(bool(name))
        if not name:
            words = tr("Choose an action, then press its new key in the field above.")
        elif owner:
            words = tr(
                "{key} is the key of “{owner}” now; you will be asked who keeps it.",
                key=key_words([key]), owner=self._keymap.words(owner),
            )  # fmt: skip
        else:
            words = tr("{sentence}.", sentence=self._keymap.tip(name))
        self.hint.setText(words)

    # Changing ------------------------------------------------------------------------------------------------

    def _give(self, *, add: bool) -> None:
        name, key, owner = self.current, self._key, self._owner()
        kept = [known for known in self._keymap.keys(name) if known != key] if add else []

        def give() -> None:
            if owner:
                self._take_from(owner, [key])
            self._set(name, (*kept, key))

        if not owner:
            give()
            return
        question = tr("{key} is the key of “{owner}”.", key=key_words([key]), owner=self._keymap.words(owner))
        self._ask_taking(question, name, give)

    def _ask_taking(self, question: str, name: str, on_consent: Callable[[], None]) -> None:
        explanation = tr(
            "A key can do one thing only. Shall it do “{name}” from now on?", name=self._keymap.words(name)
        )
        self.message = messages.ask(self, question, explanation, tr("Take it over"), on_consent)

    def _take_from(self, owner: str, keys: list[str]) -> None:
        taken = [QKeySequence(key) for key in keys]
        self._keymap.set_keys(owner, [key for key in self._keymap.keys(owner) if QKeySequence(key) not in taken])

    def _set(self, name: str, keys: tuple[str, ...]) -> None:
        self._keymap.set_keys(name, keys)
        self.recorder.clear()
        self._fill()
        self._on_chosen()

    def _ask_reset_one(self) -> None:
        name = self.current
        defaults = self._keymap.defaults(name)
        owners = {
            other: [key for key in self._keymap.keys(other) if key in defaults] for other in self._keymap.rivals(name)
        }
        owners = {other: keys for other, keys in owners.items() if keys}

        def reset() -> None:
            for other, keys in owners.items():
                self._take_from(other, keys)
            self._set(name, defaults)

        if not owners:
            reset()
            return
        other, keys = next(iter(owners.items()))
        question = tr("{key} is the key of “{owner}”.", key=key_words(keys), owner=self._keymap.words(other))
        self._ask_taking(question, name, reset)

    def _ask_reset_all(self) -> None:
        self.message = messages.ask(
            self, tr("Give every action its first keys?"), tr("All keys that you chose are forgotten."), tr("Reset"),
            self._reset_all,
        )  # fmt: skip

    def _reset_all(self) -> None:
        self._keymap.reset()
        self._fill()
        self._on_chosen()
