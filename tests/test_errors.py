"""Errors speak the language of whoever reads them: every sentence is in the catalogues, with the fields it needs."""

from __future__ import annotations

import ast
import copy
import inspect
import logging
import pickle
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lipfd_desktop import errors, language
from lipfd_desktop.case.file import CaseFile
from lipfd_desktop.errors import CaseError, LipfdError, MediaError, ModelError, SettingsError, UnreadableMediaError
from lipfd_desktop.gui.log_file import LogFile
from lipfd_desktop.gui.queue_files import write_table
from lipfd_desktop.gui.queue_items import Item, ItemState
from lipfd_desktop.language import LANGUAGES, Phrase, mark, speaking
from lipfd_desktop.media.probe import probe
from lipfd_desktop.network.card import ModelCard
from lipfd_desktop.network.config import config_from_json
from lipfd_desktop.network.registry import ModelStore
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.json_report import error_document

PACKAGE = Path(errors.__file__).parent
DEVELOPERS = {
    "dataset", "training", "forgery", "evaluation", "dataset_commands.py", "evaluate_command.py", "train_command.py",
}  # fmt: skip
"""Packages and modules whose commands are for those who train: their sentences are plain English."""
MEETS_USERS = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if DEVELOPERS.isdisjoint(path.parts) and path.name not in ("errors.py", "language.py")
)
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LipfdError)]
SENTENCE_AT = {kind.__name__: int(issubclass(kind, MediaError)) for kind in (*KINDS, Phrase)}
"""Which argument of a call is the sentence; the first of an error of a file is its path."""


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


# What is said ------------------------------------------------------------------------------------------------


def _said(action: Callable[[], object]) -> LipfdError:
    with pytest.raises(LipfdError) as caught:
        action()
    return caught.value


def test_an_error_speaks_the_language_in_which_it_is_asked(tmp_path: Path) -> None:
    error = _said(lambda: probe(tmp_path))
    assert isinstance(error, UnreadableMediaError)
    english = "is a folder, not a video; open a video file such as MP4, MOV, MKV, WebM or AVI."
    assert str(error) == f"{tmp_path.name}: {english}"
    language.use("de")
    german = "ist ein Ordner, kein Video; bitte eine Videodatei wie MP4, MOV, MKV, WebM oder AVI öffnen."
    assert str(error) == f"{tmp_path.name}: {german}"
    with speaking("en"):
        assert str(error) == f"{tmp_path.name}: {english}"
    with speaking("zh_CN"):
        assert str(error).startswith(f"{tmp_path.name}：是文件夹，")
    with pytest.raises(UnreadableMediaError, match="ist ein Ordner"):
        raise error


def test_whatever_an_error_is_made_of_speaks_with_it(tmp_path: Path) -> None:
    """Another error, a reason from a table, and lists."""
    with speaking("de"):
        broken = _said(lambda: config_from_json({"kind": "compact"}))
        assert str(broken).startswith("In „Netzkonfiguration“ fehlt bei Netzkonfiguration: face_side, fusion, ")
        outer = ModelError(mark("{name}: the checkpoint cannot be used: {reason}"), name="a.pth", reason=broken)
        assert str(outer).startswith("a.pth: Der Checkpoint ist nicht verwendbar: In „Netzkonfiguration“ fehlt")
        with pytest.raises(ValueError, match="Seine Beschreibung hat nicht die Formatversion 1"):
            ModelCard.from_text("{}")

    def write() -> None:
        with open_atomic(tmp_path / "none" / "a.pdf"):
            pass

    error = _said(write)
    assert str(error) == ("a.pdf: could not be written: its folder does not exist; create it or choose another place.")
    with speaking("es"):
        assert str(error) == "a.pdf: no se pudo escribir: su carpeta no existe; créela o elija otro lugar."
    words = Phrase("{names}", names=("a", Phrase(mark("true or false"))))
    assert str(words) == "a, true or false"
    with speaking("zh_CN"):
        assert str(words) == "a、true 或 false"
    assert repr(words) == "Phrase('a, true or false')"


def test_a_plain_sentence_is_said_as_it_is() -> None:
    for sentence in ("a {b}.mp4 cannot be used; {0} {", "100 %", ""):
        assert str(SettingsError(sentence)) == sentence
        assert str(MediaError("{b}.mp4", sentence)) == f"{{b}}.mp4: {sentence}"
    named = CaseError(mark("{name}: is not a case file; choose another file."), name="{x}.lipfdcase")
    assert str(named) == "{x}.lipfdcase: is not a case file; choose another file."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_that_was_pickled_or_copied_says_the_same(kind: type[LipfdError]) -> None:
    offer = Phrase(mark("open a video file such as MP4, MOV, MKV, WebM or AVI"))
    path = [Path("x.mp4")] if issubclass(kind, MediaError) else []
    error = kind(*path, mark("is not a media file; {offer}."), offer=offer)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is kind
        assert getattr(twin, "path", None) == getattr(error, "path", None)
        for name in LANGUAGES:
            with speaking(name):
                assert str(twin) == str(error)
                assert repr(twin) == f"{kind.__name__}({str(error)!r})"
    with speaking("de"):
        assert str(error).endswith(
            "ist keine Mediendatei; bitte eine Videodatei wie MP4, MOV, MKV, WebM oder AVI öffnen."
        )


# What is written down ----------------------------------------------------------------------------------------


def test_what_programs_read_is_english(tmp_path: Path) -> None:
    error = _said(lambda: probe(tmp_path / "gone.mp4"))
    language.use("de")
    assert str(error) == "gone.mp4: existiert nicht; bitte Namen und Ordner prüfen."
    english = "gone.mp4: does not exist; check the name and the folder."
    assert error_document(tmp_path / "gone.mp4", error)["error"]["message"] == english
    table = tmp_path / "queue.csv"
    write_table([Item(tmp_path / "gone.mp4", ItemState.FAILED, problem=error)], table, examined=[])
    assert english in table.read_text(encoding="utf-8")
    log = LogFile(tmp_path)
    log.set_wanted(True)
    logging.getLogger("lipfd_desktop.test").error("%s", error)
    log.set_wanted(False)
    assert log.path.read_text(encoding="utf-8").endswith(f"ERROR lipfd_desktop.test: {english}\n")


# What the code says ------------------------------------------------------------------------------------------


def _flaws(tree: ast.Module) -> Iterator[str]:
    """Sentences that are not from the catalogues, or whose fields are not those that they are given."""
    marks = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "lipfd_desktop.language"
        for alias in node.names
        if alias.name == "mark"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) in SENTENCE_AT for base in node.bases):
            yield f"{node.lineno}: {node.name} belongs into errors.py"
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in SENTENCE_AT:
            place = SENTENCE_AT[name]
            templates = _templates(node.args[place], tree, marks) if len(node.args) == place + 1 else None
            given = {keyword.arg for keyword in node.keywords}
            if templates is None:
                yield f"{node.lineno}: not from the catalogues: {ast.unparse(node)}"
            elif any(_fields(template) != given for template in templates):
                yield f"{node.lineno}: other fields than {sorted(map(str, given))}: {templates}"


def _templates(node: ast.expr, tree: ast.Module, marks: set[str]) -> list[str] | None:
    """The marked sentences that ``node`` can be; None if it can be anything else."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(words))], keywords=[]) if name in marks:
            return [words]
        case ast.IfExp(body=one, orelse=other):
            choices = [one, other]
        case ast.Name(id=name):
            choices = [
                value
                for bound in ast.walk(tree)
                if isinstance(bound, ast.Assign | ast.AnnAssign) and (value := bound.value) is not None
                for target in (bound.targets if isinstance(bound, ast.Assign) else [bound.target])
                if isinstance(target, ast.Name) and target.id == name
            ]
        case _:
            return None
    found = [_templates(choice, tree, marks) for choice in choices]
    return [words for some in found for words in some or []] if found and None not in found else None


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("path", MEETS_USERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_sentence_is_in_the_catalogues_with_its_fields(path: Path) -> None:
    assert list(_flaws(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        'raise SettingsError("Choose another.")',
        'raise SettingsError(f"{path.name}: choose another.")',
        'raise SettingsError(mark("{name}: choose another."))',
        'raise SettingsError(mark("{name}: choose another."), name=path.name, size=3)',
        'raise SettingsError(mark("{name}: choose another."), **fields)',
        'raise SettingsError(mark(f"{name}: choose another."))',
        'raise errors.SettingsError("Choose another.")',
        'raise CorruptMediaError(path, "is damaged.")',
        'raise CorruptMediaError(path, mark("is damaged.") if path else "is not.")',
        'problem = "is damaged."\nraise CorruptMediaError(path, problem)',
        "def refuse(problem):\n    raise CorruptMediaError(path, problem)",
        'OFFER = Phrase("open another")',
        "class OtherError(SettingsError): ...",
    ],
)
def test_sentences_past_the_catalogues_are_found(code: str) -> None:
    assert len(list(_flaws(ast.parse(f"from lipfd_desktop.language import mark\n{code}")))) == 1


def test_sentences_of_the_catalogues_are_not_found() -> None:
    code = """
from lipfd_desktop.language import mark as _
one, many = 1, 2
few: str = _("{frames} frames are too few.")
none = _("{frames} of none.")
raise TooFewFramesError(path, few if frames else none, frames=frames)
"""
    assert list(_flaws(ast.parse(code))) == []


def test_users_meet_many_kinds_of_errors() -> None:
    """The search above looks where errors are."""
    calls = [
        node
        for path in MEETS_USERS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SENTENCE_AT
    ]
    assert len(calls) > 120
    assert {"media", "windows", "network", "engine", "storage", "case", "report", "gui", "cli"} <= {
        part for path in MEETS_USERS for part in path.relative_to(PACKAGE).parts
    }


# Errors that only a long way leads to, in every language: a wrong field would only then be found.


@pytest.mark.parametrize("name", list(LANGUAGES))
def test_errors_of_the_disk_are_said_in_every_language(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.lipfdcase").write_bytes(b"no case")
    (tmp_path / "a.pth").write_bytes(b"")
    found = [
        _said(lambda: probe(tmp_path / "a.lipfdcase")),
        _said(lambda: CaseFile(tmp_path / "a.lipfdcase").read()),
        _said(lambda: CaseFile(tmp_path / "b.lipfdcase").read()),
        _said(lambda: ModelStore(tmp_path / "models").resolve(tmp_path / "a.pth")),
        _said(lambda: ModelStore(tmp_path / "models").resolve("nobody")),
    ]
    english = [str(error) for error in found]
    with speaking(name):
        spoken = [str(error) for error in found]
    assert all((here == there) == (name == "en") for here, there in zip(spoken, english, strict=True))
