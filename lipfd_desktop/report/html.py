"""HTML: one self-contained file without scripts and without anything fetched from elsewhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

from lipfd_desktop.language import speaking, tag, tr
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.blocks import (
    Block,
    Bullets,
    Columns,
    Document,
    Facts,
    Grid,
    Headline,
    Panel,
    Paragraph,
    Part,
    Picture,
    Pictures,
    Sheet,
    SheetRow,
    Signature,
    Subheading,
)
from lipfd_desktop.report.content import document as content_of
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.html_style import STYLE
from lipfd_desktop.report.text import elided, is_hash, printable, together

_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Content security policy: whatever a name or a note might smuggle in, nothing runs and nothing is fetched."""


def write_html(report: Report, path: Path) -> None:
    """Write the report.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    with open_atomic(path, source=report.result.media.path) as stream:
        stream.write(render_html(report).encode("utf-8"))


def render_html(report: Report) -> str:
    """The whole file as text, the same for the same :class:`Report`."""
    with speaking(report.details.language):
        return _render(report)


def _render(report: Report) -> str:
    document = content_of(report)
    name = printable(report.result.media.path.name)
    parts = "\n".join(_part(number, part) for number, part in enumerate(document.parts, start=1))
    links = "".join(
        f'<li><a href="#part-{number}">{escape(part.title)}</a></li>'
        for number, part in enumerate(document.parts, start=1)
    )
    title = tr("{title}: {name}", title=document.title, name=name)
    summary, contents, exhibit = tr("Summary"), tr("Contents"), tr("Exhibit SHA-256")
    return f"""<!DOCTYPE html>
<html lang="{tag(report.details.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="{escape(document.program)}">
<meta name="date" content="{escape(report.created_at)}">
<title>{escape(title)}</title>
<style>{STYLE}{_page_margins(document)}</style>
</head>
<body>
<header>
{_running(document)}
<h1>{escape(document.title)}</h1>
<p class="small">{escape(document.lead)}</p>
</header>
<main>
{"".join(f'<p class="alert" role="alert">{escape(alert)}</p>' for alert in document.alerts)}
<section aria-label="{escape(summary)}">
{_drawn(document.summary)}
</section>
<nav aria-label="{escape(contents)}"><ul>{links}</ul></nav>
{parts}
</main>
<footer>
<p>{escape(exhibit)} <code>{escape(document.sha256)}</code></p>
<p>{escape(together(document.aid, document.program))}</p>
</footer>
</body>
</html>
"""


def _page_margins(document: Document) -> str:
    """What stands on every printed page, as in the PDF."""
    head = tr("Case {number}", number=document.case) if document.case else document.title
    exhibit = tr("Exhibit SHA-256")
    return f"""@page {{
  @top-left {{ content: {_css(head)}; }}
  @top-center {{ content: {_css(document.always)}; }}
  @top-right {{ content: {_css(elided(document.exhibit, 56))}; }}
  @bottom-left {{ content: {_css(f"{exhibit} {document.sha256}")}; }}
  @bottom-right {{ content: {_page_of()}; }}
}}"""


def _page_of() -> str:
    """The number of the page, as CSS counts it, in the words of the language."""
    words = tr("page {page} of {pages}", page="<page>", pages="<pages>")
    pieces = [piece for piece in re.split("(<pages?>)", words) if piece]
    return " ".join(f"counter({piece[1:-1]})" if piece[0] == "<" else f'"{piece}"' for piece in pieces)


def _css(text: str) -> str:
    """A CSS string; all but letters and digits of ASCII as code points, so that no text can end it or the sheet."""
    plain = (char if char.isascii() and char.isalnum() else f"\\{ord(char):06x}" for char in text)
    return f'"{"".join(plain)}"'


def _running(document: Document) -> str:
    number = tr("Case {number}", number=document.case)
    case = f"<b>{_words(number)}</b>" if document.case else ""
    always = f'<span class="always">{escape(document.always)}</span>' if document.always else ""
    return f'<p class="running"><span>{case}</span>{always}<span>{_words(document.exhibit)}</span></p>'


def _part(number: int, part: Part) -> str:
    whole = ' class="whole"' if part.whole else ""
    return (
        f'<section id="part-{number}"{whole} aria-labelledby="title-{number}">\n'
        f'<h2 id="title-{number}">{escape(part.title)}</h2>\n{_drawn(part.blocks)}\n</section>'
    )


def _drawn(blocks: Iterable[Block]) -> str:
    return "\n".join(map(_draw, blocks))


def _draw(block: Block) -> str:
    match block:
        case Paragraph():
            kind = ' class="small"' if block.small else ""
            return f'<p{kind} dir="auto">{_lines(block.text)}</p>'
        case Headline():
            return f'<p class="verdict" role="heading" aria-level="2">{escape(block.text)}</p>'
        case Subheading():
            return f"<h3>{escape(block.text)}</h3>"
        case Bullets():
            return f"<ul>{''.join(f'<li>{_words(line)}</li>' for line in block.lines)}</ul>"
        case Facts():
            return _facts(block)
        case Grid():
            return _grid(block)
        case Panel():
            return f'<div class="panel">\n{_drawn(block.blocks)}\n</div>'
        case Columns():
            return f'<div class="columns"><div>{_drawn(block.left)}</div><div>{_drawn(block.right)}</div></div>'
        case Pictures():
            pictures = "".join(map(_picture, block.pictures))
            return f"<figure><div>{pictures}</div><figcaption>{_words(block.caption)}</figcaption></figure>"
        case Sheet():
            return _sheet(block)
        case Signature():
            return _signature(block)


def _facts(block: Facts) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_words(name)}</th><td>{_value(value)}</td></tr>' for name, value in block.rows
    )
    labels = f"--labels: {100 * block.labels:.0f}%"
    return (
        f'<table class="facts" style="{labels}"><caption>{escape(block.caption)}</caption><tbody>{rows}</tbody></table>'
    )


def _grid(block: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.header)
    rows = "".join(f"<tr>{''.join(f'<td>{_lines(value)}</td>' for value in row)}</tr>" for row in block.rows)
    return (
        f'<div class="scroll"><table class="grid"><caption>{escape(block.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    width, height = picture.size
    data = base64.b64encode(picture.content).decode("ascii")
    return (
        f'<img alt="{escape(picture.alt)}" width="{width}" height="{height}" '
        f'style="--share: {100 * picture.width:.0f}%" src="data:image/{picture.kind};base64,{data}">'
    )


def _sheet(block: Sheet) -> str:
    titled = block.has_titles
    caption = f"<caption>{_words(block.title)}</caption>" if block.title else ""
    head = "".join(f'<th scope="col">{_lines(name)}</th>' for name in block.header)
    head = f"<thead><tr>{'<td></td>' if titled else ''}{head}</tr></thead>" if head else ""
    rows = "".join(_sheet_row(row, block.columns, titled=titled) for row in block.rows)
    note = f"<figcaption>{_words(block.caption)}</figcaption>" if block.caption else ""
    kind = "sheet titled" if titled else "sheet"
    return f'<figure><table class="{kind}">{caption}{head}<tbody>{rows}</tbody></table>{note}</figure>'


def _sheet_row(row: SheetRow, columns: int, *, titled: bool) -> str:
    title = f'<th scope="row">{_lines(row.title)}</th>' if titled else ""
    cells = "".join(f"<td>{_picture(picture)}<br>{_lines(words)}</td>" for picture, words in row.cells)
    return f"<tr>{title}{cells}{'<td></td>' * (columns - len(row.cells))}</tr>"


def _signature(block: Signature) -> str:
    name, date, sign = block.name or tr("Examiner"), tr("Place and date"), tr("Signature")
    return (
        '<div class="signature">'
        f"<p><span>{_words(name)}</span>{_words(block.organisation)}</p>"
        f'<p class="line"><span>{escape(block.date)}</span>{escape(date)}</p>'
        f'<p class="line"><span></span>{escape(sign)}</p></div>'
    )


def _value(value: str) -> str:
    return f"<code>{value}</code>" if is_hash(value) else _lines(value)


def _lines(text: str) -> str:
    return "<br>".join(map(_words, text.split("\n")))


def _words(text: str) -> str:
    """``text`` as HTML, set apart so that right-to-left letters in it cannot move what stands around them."""
    return f"<bdi>{escape(text)}</bdi>" if text and not text.isascii() else escape(text)
