"""Keep the translations in step with the program.

Usage: python packaging/catalogues.py update    (new and changed messages into every catalogue, then compile)
       python packaging/catalogues.py check     (what is missing or out of step, as sentences; exit status 1 if any)
"""

from __future__ import annotations

import io
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lipfd_desktop import __version__
from lipfd_desktop.language import DOMAIN, LANGUAGES, catalogues

PACKAGE = Path(__file__).parent.parent / "lipfd_desktop"
KEYWORDS = {"tr": None, "mark": None, "_": None, "trn": (1, 2)}
"""``_`` is ``mark`` where records are called marks."""
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


def extract() -> Catalog:
    """Every message of the program, with the modules it stands in."""
    template = Catalog(project="LipFD Desktop", charset="utf-8")
    found = extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("Translators:",)
    )
    for name, _line, message, comments, context in found:
        if message:
            template.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return template


def po_path(language: str) -> Path:
    return catalogues() / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    if not po_path(language).exists():
        return Catalog(
            locale=language, project="LipFD Desktop", version=__version__, charset="utf-8", fuzzy=False,
            header_comment=f"# What people read in LipFD Desktop: {LANGUAGES[language]}.",
            msgid_bugs_address="none", last_translator="LipFD Desktop", language_team=LANGUAGES[language],
        )  # fmt: skip
    with po_path(language).open("rb") as stream:
        return read_po(stream, locale=language, charset="utf-8")


def compiled(catalogue: Catalog) -> bytes:
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def update() -> None:
    template = extract()
    for language in TRANSLATED:
        catalogue, path = read(language), po_path(language)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(stream, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(read(language)))
        missing = sum(1 for message in catalogue if message.id and not all(_strings(message)))
        print(f"{language}: {len(catalogue)} messages, {missing} without a translation")


def problems() -> Iterator[str]:
    """Everything that keeps a catalogue from being complete and safe to use."""
    wanted = {_key(message): message for message in extract() if message.id}
    for language in TRANSLATED:
        catalogue = read(language)
        known = {_key(message): message for message in catalogue if message.id}
        yield from (f"{language}: no entry for {key!r}" for key in wanted.keys() - known.keys())
        yield from (f"{language}: {key!r} is in no module any more" for key in known.keys() - wanted.keys())
        for key, message in known.items():
            if message.fuzzy or not all(_strings(message)):
                yield f"{language}: {key!r} is not translated"
            elif key in wanted:
                yield from _differences(language, message)
        compiled_path = po_path(language).with_suffix(".mo")
        if not compiled_path.exists() or compiled_path.read_bytes() != compiled(catalogue):
            yield f"{language}: {compiled_path.name} is not what {po_path(language).name} compiles to"


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Message) -> tuple[str, ...]:
    """Every form of the translation; a message that is new has none yet."""
    if message.string is None:
        return ("",)
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _fields(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def _differences(language: str, message: Message) -> Iterator[str]:
    """Fields, mnemonics and ellipses that a translation lost or made up."""
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    allowed = set().union(*(_fields(words) for words in ids))
    needed = set.intersection(*(_fields(words) for words in ids))
    for words in _strings(message):
        try:
            fields = _fields(words)
        except ValueError as error:
            yield f"{language}: {_key(message)!r}: {error}"
            continue
        if not needed <= fields <= allowed:
            yield f"{language}: {_key(message)!r} has other fields: {sorted(fields ^ allowed)}"
        if ids[0].endswith("…") != words.endswith("…"):
            yield f"{language}: {_key(message)!r} ends in … in one language alone"


def main() -> int:
    if sys.argv[1:] == ["update"]:
        update()
        return 0
    if sys.argv[1:] == ["check"]:
        found = list(problems())
        print("\n".join(found) or "All catalogues are complete.")
        return int(bool(found))
    print(__doc__)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
