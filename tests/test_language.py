"""The program in other languages: complete catalogues, and no word on the screen that went past them."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lipfd_desktop import language
from lipfd_desktop.gui.suspicious_panel import describe
from lipfd_desktop.language import LANGUAGES, closest, tr, trn
from lipfd_desktop.result import Span
from tests.scores_support import make_scores

ROOT = Path(__file__).parent.parent
GUI = ROOT / "lipfd_desktop" / "gui"

SHOWN_BY = {
    "QAction", "QCheckBox", "QDockWidget", "QGroupBox", "QLabel", "QMenu", "QPushButton", "QRadioButton", "QToolButton",
    "IconButton", "addAction", "addButton", "addItem", "addMenu", "addRow", "addTab", "chooser", "muted_label",
    "plain_label", "setAccessibleDescription", "setAccessibleName", "setHeaderLabels", "setInformativeText",
    "setLabel", "setPlaceholderText", "setStatusTip", "setSuffix", "setText", "setTitle", "setToolTip", "setWhatsThis",
    "setWindowTitle", "showMessage",
}  # fmt: skip
"""What puts its text on the screen."""
IDENTIFIERS = {"IconButton": 0, "addItem": 1}
"""Which of its arguments nobody reads: the name of a picture, and what an entry stands for."""
PRODUCT = "LipFD Desktop"


def catalogue_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", ROOT / "packaging" / "catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


def test_every_catalogue_is_complete() -> None:
    assert list(catalogue_tool().problems()) == []


def test_words_are_looked_up_before_their_fields_are_filled_in() -> None:
    language.use("de")
    assert tr("fake score {score:.2f}", score=0.5) != "fake score 0.50"
    assert "0.50" in tr("fake score {score:.2f}", score=0.5)
    language.use("en")
    assert tr("fake score {score:.2f}", score=0.5) == "fake score 0.50"


@pytest.mark.parametrize("name", [name for name in LANGUAGES if name != "en"])
def test_numbers_decide_between_one_and_many(name: str) -> None:
    language.use(name)
    assert "1" in trn("{count:,} window", "{count:,} windows", 1)
    assert "2,000" in trn("{count:,} window", "{count:,} windows", 2000)


def test_lists_are_put_together_as_the_language_does() -> None:
    span = Span(1, 0.0, 1.0, make_scores([(0, 1, 0.9)]).row(0), 3, 0.9)
    assert describe(span, 0.5, [2, 3]).endswith("3 windows, at the same time: face 2, face 3")
    language.use("zh_CN")
    words = describe(span, 0.5, [2, 3])
    assert "、" in words
    assert ", " not in words


def test_a_language_without_catalogue_is_english() -> None:
    language.use("xx")
    assert tr("fake score {score:.2f}", score=0.5) == "fake score 0.50"


@pytest.mark.parametrize(
    ("asked", "given"),
    [("de_AT.UTF-8", "de"), ("zh-Hans-SG", "zh_CN"), ("es", "es"), ("fr_FR", "en"), ("C", "en"), ("zh_CN", "zh_CN")],
)
def test_a_locale_gets_the_closest_language(asked: str, given: str) -> None:
    assert closest(asked) == given


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node, name


def _reads_as_words(node: ast.expr) -> bool:
    """Whether a person reads a literal there, which is neither markup nor the name of the program."""
    if isinstance(node, ast.IfExp):
        return _reads_as_words(node.body) or _reads_as_words(node.orelse)
    if isinstance(node, ast.JoinedStr):
        pieces = [part.value for part in node.values if isinstance(part, ast.Constant)]
    elif isinstance(node, ast.Constant):
        pieces = [node.value]
    else:
        return False
    words = re.sub(r"<[^>]*>", "", "".join(piece for piece in pieces if isinstance(piece, str)))
    return sum(c.isalpha() for c in words.replace(PRODUCT, "")) > 1


def _shown_words(call: ast.Call, name: str) -> Iterator[ast.expr]:
    """What a call puts on the screen, without the name of a picture and the data of an entry."""
    hidden = IDENTIFIERS.get(name)
    yield from (argument for place, argument in enumerate(call.args) if place != hidden)
    yield from (keyword.value for keyword in call.keywords)


@pytest.mark.parametrize("path", sorted(GUI.glob("*.py")), ids=lambda path: path.stem)
def test_no_word_reaches_the_screen_untranslated(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = [
        f"{path.name}:{node.lineno}: {name}({ast.unparse(argument)})"
        for node, name in _calls(tree)
        if name in SHOWN_BY
        for argument in _shown_words(node, name)
        if _reads_as_words(argument)
    ]
    assert bare == []


@pytest.mark.parametrize("path", sorted((ROOT / "lipfd_desktop").rglob("*.py")), ids=lambda path: path.stem)
def test_only_literals_are_marked_for_translation(path: Path) -> None:
    """The extraction reads the code without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, name in _calls(tree):
        if name in ("mark", "_", "trn") and node.args and path.name != "language.py":
            literals = node.args[:2] if name == "trn" else node.args[:1]
            assert all(isinstance(part, ast.Constant) for part in literals), f"{path.name}:{node.lineno}"
        if name == "tr" and node.args:
            assert not isinstance(node.args[0], ast.JoinedStr), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", sorted((ROOT / "lipfd_desktop").rglob("*.py")), ids=lambda path: path.stem)
def test_no_message_hides_in_an_f_string(path: Path) -> None:
    """The extraction does not look into them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = [
        f"{path.name}:{call.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for call, name in _calls(node)
        if name in ("tr", "trn", "mark") and isinstance(call.args[0], ast.Constant)
    ]
    assert hidden == []
