"""What the computing side names by enumerations and short English words, in the language that is spoken."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.language import Phrase, mark, tr
from lipfd_desktop.result import WHOLE_PICTURE, Exactness, FacePath, InputContract, Outcome, Question, Reason

_OUTCOMES: Final = {
    Outcome.AUTHENTIC: mark("likely authentic"),
    Outcome.INCONCLUSIVE: mark("inconclusive"),
    Outcome.MANIPULATED: mark("likely manipulated"),
}
_QUESTIONS: Final = {
    Question.GENERATED: mark("generated picture"),
    Question.FOREIGN_SOUND: mark("foreign sound"),
    Question.BOTH: mark("generated picture and foreign sound"),
}
_ANSWERS: Final = {"generated": mark("generated"), "foreign sound": mark("foreign sound")}
_TIERS: Final = {"head": mark("head"), "face": mark("face"), "lip": mark("lip")}
_TIER_TITLES: Final = {"head": mark("Head"), "face": mark("Face region"), "lip": mark("Lips")}
_WHOLE_IMAGE: Final = mark("Head (whole image)")
_PATHS: Final = {
    FacePath.NONE: mark("none"),
    FacePath.DETECTED: mark("detected"),
    FacePath.FALLBACK: mark("fall-back"),
    FacePath.INTERPOLATED: mark("interpolated"),
}
CONTRACT_NAMES: Final = {
    InputContract.OFFICIAL: Phrase(mark("official")),
    InputContract.GUIDED: Phrase(mark("guided")),
    InputContract.CONTEXT: Phrase(mark("context")),
}
"""What the input contracts are called."""
_EXACTNESS: Final = {Exactness.REFERENCE: mark("reference"), Exactness.FAST: mark("fast")}
_REASONS: Final = {
    Reason.ANALYSED.label: mark("analysed"),
    Reason.NO_FACE.label: mark("no face"),
    Reason.FACE_LOST.label: mark("face not seen in every frame"),
    Reason.FACE_TOO_SMALL.label: mark("face smaller than 64 px"),
    Reason.NO_SOUND.label: mark("no sound at this time"),
    Reason.SCENE_CUT.label: mark("scene cut inside the window"),
    Reason.NOT_REACHED.label: mark("not reached before cancelling"),
    Reason.FRAMES_MISSING.label: mark("frames missing or damaged"),
}
KINDS: Final = {
    "pdf": mark("PDF report"),
    "html": mark("HTML report"),
    "png": mark("PNG figure"),
    "json": mark("JSON data"),
    "csv": mark("CSV table"),
}
"""Of reports, by their suffixes."""
OUTPUTS: Final = KINDS | {
    "snapshot": mark("snapshot of a frame"),
    "comparison": mark("snapshot of a comparison"),
    "table": mark("table of the queue"),
}
"""Everything that is written for others to see."""
GIVEN_SQUARES: Final = mark(
    "The network was given these three squares of each frame, cut around the landmarks and levelled, and one "
    "picture of the five head crops under the sound."
)
"""What a network of the guided contract was given; tells of crops that are shown."""
WEIGHTS_CAVEAT: Final = mark(
    "Weights say where the network looked. They are no proof, and no sign of what was changed."
)


def outcome_words(outcome: Outcome) -> str:
    """What a verdict says."""
    return tr(_OUTCOMES[outcome])


def question_words(question: Question) -> str:
    """What speaks for manipulation."""
    return tr(_QUESTIONS[question])


def answer_words(name: str) -> str:
    """One of the two answers, by the name of its curve in :data:`~lipfd_desktop.report.palette.QUESTIONS`."""
    return tr(_ANSWERS[name])


def tier_words(tier: str) -> str:
    """A tier, by its name in :data:`~lipfd_desktop.result.TIERS`."""
    return tr(_TIERS[tier])


def tier_title(tier: str, contract: InputContract) -> str:
    """The title over the crops of a tier; no picture of the head alone goes into a network of the context contract."""
    whole = contract is InputContract.CONTEXT and tier == "head"
    return tr(_WHOLE_IMAGE if whole else _TIER_TITLES[tier])


def path_words(path: FacePath) -> str:
    """Which path gave a frame its face box."""
    return tr(_PATHS[path])


def path_label_words(label: str) -> str:
    """The same by the label under which :class:`~lipfd_desktop.result.Coverage` counts frames."""
    return next((tr(words) for path, words in _PATHS.items() if path.label == label), label)


def contract_words(contract: InputContract) -> str:
    """How pixels and sound became network input."""
    return str(CONTRACT_NAMES[contract])


def exactness_words(exactness: Exactness) -> str:
    """How the network computes."""
    return tr(_EXACTNESS[exactness])


def reason_words(label: str) -> str:
    """What became of a window, in short, by the label of a :class:`~lipfd_desktop.result.Reason`."""
    return tr(_REASONS[label]) if label in _REASONS else label


def subject_words(face: int | None) -> str:
    """Whose score it is; None, or the id of no face in a column, means the whole picture."""
    return tr("whole picture") if face is None or face == WHOLE_PICTURE else tr("face {face}", face=face)
