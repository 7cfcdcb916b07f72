"""What the evidence panel says: about the frame, about a window, and how its score came about."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.gui import text
from lipfd_desktop.gui.evidence import Evidence, FaceBox
from lipfd_desktop.language import mark, tr
from lipfd_desktop.report import terms
from lipfd_desktop.report.terms import GIVEN_SQUARES, contract_words, subject_words, tier_words
from lipfd_desktop.result import (
    TIERS,
    AnalysisResult,
    Exactness,
    InputContract,
    Reason,
    SeenWindow,
    Started,
    WindowScore,
)

_NO_BREAK: Final = "\u00a0"

_AUTOMATIC: Final = mark("{frames} frames, stride {stride} (chosen automatically)")
_CHOSEN: Final = mark("{frames} frames, stride {stride}")
_EXACTNESS: Final = {Exactness.REFERENCE: mark("reference (fp32)"), Exactness.FAST: mark("fast (16-bit factors)")}
_GIVEN: Final = {
    InputContract.OFFICIAL: mark(
        "The network was given the whole frames under the sound, as one picture. Its fifteen crops are all cut from "
        "the first frame, shifted by 0 to 4 pixels, not around the face, as the published weights need it."
    ),
    InputContract.GUIDED: GIVEN_SQUARES,
    InputContract.CONTEXT: mark(
        "The network was given one image of the face a frame. Head means the whole of that image; face and lips are "
        "parts of it, and the weights say how much each part spoke. It compares each frame with the next, so the last "
        "frame has the weights of the one before. It was also given the sound of two seconds, of which the window is "
        "the bright part, and the motion of 478 landmarks in them, which is not drawn here."
    ),
}

REASONS: Final = {
    Reason.NO_FACE.label: mark("No face was found in these frames, so there were no lips to look at."),
    Reason.FACE_LOST.label: mark(
        "The network needs the face in each frame of the window; a turn, a hand or a cut hid it in some."
    ),
    Reason.FACE_TOO_SMALL.label: mark(
        "So small a face shows compression instead of lips; a copy of higher resolution may help."
    ),
    Reason.NO_SOUND.label: mark(
        "The sound covers less than half of this window, so there was nothing to compare the lips with."
    ),
    Reason.SCENE_CUT.label: mark(
        "The picture changes to another shot inside the window; what moves there are not the same lips."
    ),
    Reason.NOT_REACHED.label: mark("The analysis was cancelled before it came to this window."),
    Reason.FRAMES_MISSING.label: mark(
        "Frames of this window are missing from the file or too far apart to show one movement."
    ),
}
"""Why a window was not analysed, as a sentence; by the label of a :class:`~lipfd_desktop.result.WindowScore`."""


def face_words(faces: list[FaceBox], *, examined: bool) -> str:
    """How the faces of a frame were found."""
    if faces:
        lines = "\n".join(
            tr(
                "face {face}: {path}, {width:.0f} × {height:.0f} px",
                face=face.face, path=terms.path_words(face.path), width=face.box[2], height=face.box[3],
            )
            for face in faces
        )  # fmt: skip
        return lines.replace(" × ", f"{_NO_BREAK}×{_NO_BREAK}").replace(" px", f"{_NO_BREAK}px")
    return tr("no face found") if examined else tr("not examined")


def place_words(window: WindowScore, frames: int) -> str:
    """Whose, which frames, and from when to when."""
    ordinals = tr("frames {first:,}–{last:,}", first=window.first_frame, last=window.first_frame + frames - 1)
    times = tr("{start} – {end}", start=text.clock(window.start), end=text.clock(window.end))
    # Without a face and a score it is nobody's; under the official contract a score is the whole picture's.
    whose = f"{subject_words(window.face)}  ·  " if window.analysed or window.face is not None else ""
    return f"{whose}{ordinals}\n{times}"


def reason_words(window: WindowScore) -> str:
    """Why a window was not analysed, in short; empty when it was."""
    return terms.reason_words(window.reason) if window.reason else ""


def window_words(window: WindowScore) -> str:
    """One window in a few lines: score, answers to the two questions, weights; or why it was not analysed."""
    if window.score is None or window.weights is None:
        return tr("not analysed: {reason}", reason=reason_words(window))
    lines = [tr("fake score {score:.3f}   logit {logit:+.2f}", score=window.score, logit=window.logit)]
    if window.generated is not None:
        heard = tr("cannot tell") if window.foreign_sound is None else f"{window.foreign_sound:.3f}"
        lines += [
            tr("generated {generated:.3f}", generated=window.generated),
            tr("foreign sound {score}", score=heard),
        ]
    lines.append("  ".join(f"{tier_words(tier)}{_NO_BREAK}{weight:.4f}" for tier, weight in window.weights.items()))
    return "\n".join(lines)


def weight_lines(window: WindowScore) -> list[str]:
    """Weights of every frame, one line a tier."""
    if window.region_weights is None:
        return []
    return [
        f"{tier_words(tier)}: " + "  ".join(f"{weight:.4f}" for weight in weights)
        for tier, weights in zip(TIERS, window.region_weights.tolist(), strict=True)
    ]


def absence_words(evidence: Evidence, pts: float, *, analysing: bool) -> str:
    """Why no window holds a frame."""
    plan = evidence.started.plan if evidence.started else None
    if plan is None and analysing:
        return tr("The analysis is being prepared.")
    if plan is None:
        return tr(
            "Not analysed yet. Analyze gives every window of consecutive frames a score, and shows here what the "
            "network saw and how much each part counted."
        )
    if not plan.start <= pts < plan.end:
        return tr(
            "Outside the range that was analysed, {start} to {end}.",
            start=text.clock(plan.start), end=text.clock(plan.end),
        )  # fmt: skip
    if analysing:
        return tr("The analysis has not come to this frame yet.")
    if plan.stride > plan.window_frames:
        return tr(
            "No window holds this frame: one of {frames} frames was looked at every {stride} frames. A stride of 1 "
            "leaves nothing out.",
            frames=plan.window_frames, stride=plan.stride,
        )  # fmt: skip
    return tr("No window holds this frame.")


def method_rows(started: Started, result: AnalysisResult | None) -> list[tuple[str, str]]:
    """What computed the scores: captions and words."""
    plan, model = started.plan, started.model
    rows = [
        (tr("Model"), f"{model.name}\nSHA-256 {model.sha256[:16]}…"),
        (tr("Contract"), contract_words(model.input_contract)),
        (
            tr("Windows"),
            tr(_AUTOMATIC if plan.stride_is_automatic else _CHOSEN, frames=plan.window_frames, stride=plan.stride),
        ),
        (tr("Device"), f"{started.device.description} ({started.device.name})"),
    ]
    if result is not None:
        rows.append((tr("Arithmetic"), tr(_EXACTNESS[result.request.exactness])))
        if result.from_cache:
            rows.append((tr("Computed"), tr("at {when}, and kept", when=result.started_at)))
    return rows


def path_words(window: WindowScore) -> str:
    """From what the network gave to the score."""
    if window.logit is None or window.score is None:
        return ""
    if window.generated is None:
        return tr(
            "The network gave the logit {logit:+.4f}. Its logistic function, 1 / (1 + e^(−logit)), is the fake score "
            "{score:.4f}.",
            logit=window.logit, score=window.score,
        )  # fmt: skip
    calibrated = tr(
        "Each question has a logit of its own, calibrated on filmed faces so that equal numbers are equally rare among "
        "genuine recordings; the logistic function makes a score of it."
    )
    if window.foreign_sound is None:
        chosen = tr(
            "Less than half of the two seconds has sound, or a face that was followed, so foreign sound cannot be "
            "judged: the fake score is that of “generated” alone, {score:.4f} (logit {logit:+.4f}).",
            score=window.score, logit=window.logit,
        )  # fmt: skip
    else:
        chosen = tr(
            "Generated {generated:.4f}, foreign sound {foreign:.4f}: the fake score is the higher of the two, "
            "{score:.4f} (logit {logit:+.4f}).",
            generated=window.generated, foreign=window.foreign_sound, score=window.score, logit=window.logit,
        )  # fmt: skip
    return f"{chosen} {calibrated}"


def given_words(contract: InputContract, seen: SeenWindow | None) -> str:
    """What the pictures are, and what they are not."""
    words = [tr(_GIVEN[contract])]
    if seen is not None and seen.looked_at is not None:
        size = seen.tiers[0].crops.shape[1]
        words.append(
            tr(
                "It looks at that image at {side} × {side} pixels; here it is at {size}.",
                side=seen.looked_at,
                size=size,
            )
        )
    elif seen is not None:
        height, width = seen.tiers[0].crops.shape[1:3]
        words.append(tr("Every crop has {width} × {height} pixels.", width=width, height=height))
    if seen is not None and not seen.is_exact:
        words.append(
            tr(
                "This window reaches into the next part of a long file; its crops are cut by the placement found there "
                "and can differ by a fraction of a pixel."
            )
        )
    return " ".join(words)
