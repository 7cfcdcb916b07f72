"""What the record of a model says, in the reader's language where the program knows its sentences."""

from __future__ import annotations

from typing import Final

from lipfd_desktop import language
from lipfd_desktop.language import mark, tr
from lipfd_desktop.report.text import printable

KNOWN: Final = frozenset(
    {
        mark(
            "Whether a picture was generated is answered little better than chance on sources that were not learnt "
            "from; most such clips are inconclusive."
        ),
        mark(
            "Foreign sound is told from lips and sound together and may be an honest dubbing; shifts under 0.2 s are "
            "often missed."
        ),
        mark(
            "Trained on a few hundred short clips of frontal speakers; other cameras, languages, poses and generators "
            "were not measured."
        ),
        mark(
            "public talking clips of 2 s or more, real and from twelve lip-sync and talking-head generators, each "
            "scored by a model that learnt from other sources"
        ),
        mark("Trained for this project on public demonstration and research clips; see docs/model-card.md."),
        mark("The file does not say where it comes from; what follows is known of the authors' weights."),
        mark("The file records no training step: its weights were never trained and the numbers mean nothing."),
        mark(
            "The authors trained on AVLips; on fakes of other kinds most were missed (DeepSpeak: 3.5 % of fakes found)."
        ),
        mark("Swapping only the sound hardly moves the score (AUC 0.513 on real picture with fake sound)."),
        mark(
            "Looks at whole frames resized to a square, without face detection; all five crops come from the first "
            "frame."
        ),
        mark("The authors published no checksum and no licence: the origin of the file cannot be verified."),
    }
)
"""Sentences of the bundled model, and of those that the program gives to the authors' weights."""


def translated(words: str) -> str:
    """``words`` of a record in the language that is spoken, where the program knows them; else as they are."""
    return tr(words) if words in KNOWN else printable(words)


def quoted(words: str) -> str:
    """The same, but words that cannot be translated are quoted where another language than English is spoken."""
    if words in KNOWN or language.current() == "en":
        return translated(words)
    return tr("“{words}” (in the words of the record)", words=printable(words))
