"""What an analysis is asked, what it says while it runs, and what it found: plain immutable records.

Times are PTS in seconds, on the clock of the file (a file that starts at 5 s has its first frame at 5.0).
Columns are NumPy arrays because a two-hour file has 180,000 windows; :meth:`WindowScores.rows` gives objects.  Records
that hold arrays compare by identity: NumPy gives no single answer to ``==``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.info import MediaInfo

TIERS: Final = ("head", "face", "lip")
"""The three crops of LipFD, outermost first (paper section 4.2)."""


WHOLE_PICTURE: Final = -1
"""In a column of track ids: no face.  An analysed window has it under the official contract, whose score belongs to
the whole picture and not to one of its faces."""


class FacePath(IntEnum):
    """Which path gave a frame its face box."""

    NONE = 0
    DETECTED = 1
    FALLBACK = 2
    INTERPOLATED = 3

    @property
    def label(self) -> str:
        return ("none", "detected", "fall-back", "interpolated")[self]


class Reason(IntEnum):
    """Why a window was not analysed; ``ANALYSED`` when it was."""

    ANALYSED = 0
    NO_FACE = 1
    FACE_LOST = 2
    FACE_TOO_SMALL = 3
    NO_SOUND = 4
    SCENE_CUT = 5
    NOT_REACHED = 6
    FRAMES_MISSING = 7

    @property
    def label(self) -> str:
        return (
            "analysed",
            "no face",
            "face not seen in every frame",
            "face smaller than 64 px",
            "no sound at this time",
            "scene cut inside the window",
            "not reached before cancelling",
            "frames missing or damaged",
        )[self]


class InputContract(StrEnum):
    """How pixels and sound become network input; a property of the checkpoint, never of the user."""

    OFFICIAL = "official"
    GUIDED = "guided"
    CONTEXT = "context"


class Exactness(StrEnum):
    """How the network computes.

    ``REFERENCE`` is fp32 arithmetic, repeatable bit for bit on one CPU.  ``FAST`` computes the large products with
    16-bit factors; scores of the bundled model move by less than 0.01, those of a large network by up to 0.1
    (docs/benchmarks.md).
    """

    REFERENCE = "reference"
    FAST = "fast"


class Outcome(StrEnum):
    """What a verdict says."""

    AUTHENTIC = "likely authentic"
    INCONCLUSIVE = "inconclusive"
    MANIPULATED = "likely manipulated"

    @property
    def label(self) -> str:
        """The one-word answer of the ``prediction`` field."""
        return {"likely authentic": "REAL", "inconclusive": "INCONCLUSIVE", "likely manipulated": "FAKE"}[self]


class Question(StrEnum):
    """Which of the two questions speaks for manipulation: that of the picture, that of the sound, or both."""

    GENERATED = "generated"
    FOREIGN_SOUND = "foreign sound"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Platt:
    """Logistic calibration: the probability is the logistic function of ``slope * statistic + offset``.

    ``slope`` is above zero, so that a higher statistic never means a lower probability (Platt 1999).
    """

    slope: float
    offset: float

    def __call__(self, statistic: float) -> float:
        return 0.5 * (1.0 + math.tanh(0.5 * (self.slope * statistic + self.offset)))


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """A share of clips, with the edges of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRule:
    """How the scores of a model become a verdict, and how often that verdict was wrong; stored with the weights.

    :mod:`lipfd_desktop.verdict` applies it.  Both calibrations are on one scale, so that the higher number decides.

    Parameters
    ----------
    authentic_below, manipulated_from
        Limits on the clip score, 0 to 1; between them nothing is decided.
    generated
        Calibration of the picture's clip statistic, or of the only one of a network that answers one question.
    foreign_sound
        Calibration of the sound's; None for a model that does not compare lips and sound.
    span_seconds
        Length of the sustained span in the clip statistic.
    corpus
        What calibration, limits and rates were measured on, as a sentence.
    clips, speakers
        Size of that corpus.
    false_positive_rate
        Share of the authentic clips that were called likely manipulated.
    false_negative_rate
        Share of the manipulated clips that were called likely authentic.
    called_out
        Share of the manipulated clips that were called likely manipulated; None, as the next two, where the record of
        the model does not say.
    manipulated_left_open, authentic_left_open
        Shares of either that stayed inconclusive.
    """

    authentic_below: float
    manipulated_from: float
    generated: Platt
    foreign_sound: Platt | None
    span_seconds: float = 2.0
    corpus: str
    clips: int
    speakers: int
    false_positive_rate: MeasuredRate
    false_negative_rate: MeasuredRate
    called_out: MeasuredRate | None = None
    manipulated_left_open: MeasuredRate | None = None
    authentic_left_open: MeasuredRate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRequest:
    """What the user asks for.

    Parameters
    ----------
    path
        The video.
    time_range
        ``(start, end)`` in seconds of PTS, or None for the whole file.
    stride
        Frames from one window to the next; None lets the plan choose the densest that the machine has time for.
    window_frames
        Consecutive frames a window; None takes what the model was made for (5 in the paper).
    face
        Track id to analyse, or None for every face.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    threshold
        Fake score from which a window counts as suspicious; None takes the model's own.
    exactness
        Arithmetic of the network.
    """

    path: Path
    time_range: tuple[float, float] | None = None
    stride: int | None = None
    window_frames: int | None = None
    face: int | None = None
    device: str = "auto"
    threshold: float | None = None
    exactness: Exactness = Exactness.REFERENCE


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Identity of the weights behind a result.

    ``trained`` is False for weights that were never trained (test weights): their numbers mean nothing and every
    surface that shows them must say so.  ``rule`` is None for weights whose scores nobody calibrated.
    """

    name: str
    sha256: str
    input_contract: InputContract
    path: Path
    window_frames: int = 5
    threshold: float = 0.5
    trained: bool = True
    licence: str = "unknown"
    source: str = "unknown"
    limits: tuple[str, ...] = ()
    rule: VerdictRule | None = None


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """The device that really computed: ``name`` as torch spells it, ``description`` for people."""

    requested: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be computed, decided before the first window.

    ``windows_total`` counts window positions (one a stride), of which one face each is scored; it is an estimate
    until the last frame is decoded.
    """

    start: float
    end: float
    frames_total: int
    window_frames: int
    stride: int
    stride_is_automatic: bool
    windows_total: int


@dataclass(frozen=True, slots=True, eq=False)
class FaceTrack:
    """One face over the frames it was seen in.

    Attributes
    ----------
    frames : (n,) int64
        Frame ordinals in presentation order from the start of the file.
    pts : (n,) float64
        Seconds.
    boxes : (n, 4) float32
        x, y, width, height of the face (chin to forehead landmarks) in pixels of the displayed frame.
    lips : (n, 4) float32
        The same for the outer lips.
    paths : (n,) uint8
        :class:`FacePath` of each frame.
    poses : (n, 6) float64
        The smoothed placement that the crops were cut by (:meth:`~lipfd_desktop.tracks.pose.FacePose.row`), so that
        the very same crops can be cut again; (0, 6) where an earlier version did not keep it.
    """

    id: int
    frames: NDArray[np.int64]
    pts: NDArray[np.float64]
    boxes: NDArray[np.float32]
    lips: NDArray[np.float32]
    paths: NDArray[np.uint8]
    poses: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 6)))

    @property
    def start(self) -> float:
        return float(self.pts[0])

    @property
    def end(self) -> float:
        return float(self.pts[-1])

    @property
    def median_height(self) -> float:
        """Median face height in pixels."""
        return float(np.median(self.boxes[:, 3]))


PtsOf = Callable[[int], float | None]
"""PTS of a frame in seconds by its ordinal, None where it is not known."""


Seconds = TypeVar("Seconds", float, NDArray[np.float64])


def middle_begins(start: Seconds, end: Seconds, frames: int) -> Seconds:
    """When the middle frame of a window begins, as far as its ``frames`` last equally long; also of many windows."""
    return start + (end - start) * (frames // 2) / frames


def _unknown(_frame: int) -> float | None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class WindowScore:
    """One row of :class:`WindowScores`, as an object for lists, tables and the JSON."""

    index: int
    start: float
    end: float
    first_frame: int
    face: int | None
    analysed: bool
    reason: str | None
    logit: float | None
    score: float | None
    generated: float | None
    foreign_sound: float | None
    """None also where the model does not answer this question, or cannot tell."""
    region_weights: NDArray[np.float32] | None
    """(3, frames): head, face, lip over the frames of the window; each column sums to one."""

    @property
    def weights(self) -> Mapping[str, float] | None:
        """Mean weight a tier over the frames."""
        if self.region_weights is None:
            return None
        means = self.region_weights.mean(axis=1)
        return {tier: float(mean) for tier, mean in zip(TIERS, means, strict=True)}

    @property
    def middle(self) -> float:
        """Seconds: where a curve has the point of this window."""
        return (self.start + self.end) / 2

    @property
    def middle_frame(self) -> int:
        """Ordinal of the frame in the middle; the first one where nothing was analysed."""
        return self.first_frame + self._frames // 2

    def moment(self, pts_of: PtsOf = _unknown) -> float:
        """Seconds: PTS of the middle frame, by which lists, cursor, pictures and reports all name this window.

        Where ``pts_of`` does not know it, it is reckoned by :func:`middle_begins`.
        """
        pts = pts_of(self.middle_frame)
        return middle_begins(self.start, self.end, self._frames) if pts is None else pts

    @property
    def _frames(self) -> int:
        return 1 if self.region_weights is None else self.region_weights.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class WindowScores:
    """Scores of many windows as columns, ordered by ``(index, face)``.

    Attributes
    ----------
    index : (n,) int64
        Window position: window ``k`` starts ``k * stride`` frames after the first frame of the range.
    start, end : (n,) float64
        Seconds: PTS of the first frame, PTS of the frame after the last.
    first_frame : (n,) int64
        Ordinal of the first frame from the start of the file.
    face : (n,) int64
        Track id; :data:`WHOLE_PICTURE` where no face was found, and always under the official contract.
    reason : (n,) uint8
        :class:`Reason`.
    logit, score : (n,) float32
        NaN where not analysed.  ``score`` is the higher of the answers where there are two questions.
    generated : (n,) float32
        Score of the question whether the mouth was generated; NaN where not analysed, and everywhere for a network
        that answers one question.
    foreign_sound : (n,) float32
        Score of the question whether the sound is that of other lips; NaN also where the model cannot tell.
    region_weights : (n, 3, frames) float32
        NaN where not analysed.
    """

    index: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    first_frame: NDArray[np.int64]
    face: NDArray[np.int64]
    reason: NDArray[np.uint8]
    logit: NDArray[np.float32]
    score: NDArray[np.float32]
    generated: NDArray[np.float32]
    foreign_sound: NDArray[np.float32]
    region_weights: NDArray[np.float32]

    @classmethod
    def empty(cls, frames: int = 5) -> WindowScores:
        integers, times, numbers = np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.float32)
        return cls(
            index=integers,
            start=times,
            end=times,
            first_frame=integers,
            face=integers,
            reason=np.empty(0, np.uint8),
            logit=numbers,
            score=numbers,
            generated=numbers,
            foreign_sound=numbers,
            region_weights=np.empty((0, len(TIERS), frames), np.float32),
        )

    @classmethod
    def concatenate(cls, parts: list[WindowScores]) -> WindowScores:
        """Join parts and sort them by ``(index, face)``."""
        if not parts:
            return cls.empty()
        joined = cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__})
        return joined.take(np.lexsort((joined.face, joined.index)))

    def take(self, selection: NDArray[np.bool_] | NDArray[np.intp]) -> WindowScores:
        """The rows of a mask or of positions."""
        return WindowScores(**{name: getattr(self, name)[selection] for name in self.__slots__})

    def __len__(self) -> int:
        return len(self.index)

    @property
    def analysed(self) -> NDArray[np.bool_]:
        return np.equal(self.reason, Reason.ANALYSED)

    @property
    def tier_weights(self) -> NDArray[np.float32]:
        """(n, 3) mean weight a tier over the frames of each window."""
        return np.asarray(self.region_weights.mean(axis=2), np.float32)

    def of_face(self, face: int) -> WindowScores:
        return self.take(self.face == face)

    def highest(self, face: int | None = None) -> WindowScore | None:
        """The analysed window with the highest score, of ``face`` or of all; the first of equals, None without one."""
        chosen = self.analysed if face is None else self.analysed & (self.face == face)
        return self.row(int(np.argmax(np.where(chosen, self.score, -1)))) if chosen.any() else None

    def row(self, position: int) -> WindowScore:
        reason = Reason(int(self.reason[position]))
        analysed = reason is Reason.ANALYSED
        face = int(self.face[position])
        return WindowScore(
            index=int(self.index[position]),
            start=float(self.start[position]),
            end=float(self.end[position]),
            first_frame=int(self.first_frame[position]),
            face=None if face < 0 else face,
            analysed=analysed,
            reason=None if analysed else reason.label,
            logit=float(self.logit[position]) if analysed else None,
            score=float(self.score[position]) if analysed else None,
            generated=_known(self.generated[position]),
            foreign_sound=_known(self.foreign_sound[position]),
            region_weights=self.region_weights[position] if analysed else None,
        )

    def rows(self) -> Iterator[WindowScore]:
        return (self.row(position) for position in range(len(self)))


def _known(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A stretch of time covered by windows of one face that are all at or above the threshold.

    ``face`` is None where the scores belong to the whole picture (official contract).
    """

    face: int | None
    start: float
    end: float
    peak: WindowScore
    """The window with the highest score."""
    windows: int
    mean_score: float

    def moment(self, pts_of: PtsOf = _unknown) -> float:
        """Seconds: :meth:`WindowScore.moment` of the highest window, by which this span is named."""
        return self.peak.moment(pts_of)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at and what was not: counts, seconds and reasons."""

    frames_total: int
    frames_by_path: Mapping[str, int]
    """Frames by the path that gave the best face box: detected, fall-back, interpolated, none."""
    windows_total: int
    windows_analysed: int
    windows_by_reason: Mapping[str, int]
    seconds_total: float
    seconds_analysed: float
    complete: bool
    """False when the analysis was cancelled or the file broke off."""


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """The verdict's raw material for one face."""

    id: int
    start: float
    end: float
    frames: int
    frames_by_path: Mapping[str, int]
    median_height: float
    windows_analysed: int
    mean_score: float | None
    max_score: float | None


class Shortcoming(StrEnum):
    """What makes the evidence for a verdict poor, and what :class:`Problem` counts of it."""

    CANCELLED = "cancelled"
    """The analysis was ended before it was done."""
    UNTRAINED = "untrained"
    """The weights were never trained."""
    TIME = "time"
    """Seconds that could be analysed, and seconds that are needed."""
    WINDOWS = "windows"
    """Share of the windows with the face that could be analysed, and the share that is needed."""
    SIZE = "size"
    """Height of the face in pixels, and the height that is needed."""
    FLICKER = "flicker"
    """The windows contradict each other: so near the score is to the limit, and the limit."""
    SOUND = "sound"
    """The sound could be compared with the lips for less than so many seconds, which are needed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a verdict open; :class:`Shortcoming` says what the numbers count."""

    kind: Shortcoming
    found: float = 0.0
    needed: float = 0.0


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the reason of a verdict is made of beyond the verdict itself, so that it can be said in any language.

    Attributes
    ----------
    problems
        What is poor about the evidence; the outcome is inconclusive with any of them.
    windows
        Analysed windows of the face.
    faces
        Faces that were seen enough to be chosen among; 1 where a face was judged by itself.
    authentic_below, manipulated_from
        The limits that the score was held against.
    has_rule
        The model has a calibration, though maybe for windows of another length.
    seen_enough
        False for a face that was judged by itself and was seen too little to speak for the file.
    passed_over
        Another face has a higher score and did not decide, because the evidence for it is poor.
    """

    problems: tuple[Problem, ...]
    windows: int
    faces: int
    authentic_below: float
    manipulated_from: float
    has_rule: bool
    seen_enough: bool = True
    passed_over: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for the whole file; :func:`lipfd_desktop.verdict.decide` states the rule.

    Attributes
    ----------
    outcome
    score
        The calibrated clip score of a model with a rule; else the mean fake score of the analysed windows.  None when
        nothing could be scored.
    reason
        How the outcome came about, as an English sentence without capital and full stop.
    face
        The face that decided; None when nothing could be scored and when the scores belong to the whole picture.
    generated, foreign_sound
        Answers to the two questions for the whole clip, calibrated as ``score`` is; None where the model does not
        answer them.
    question
        What speaks for manipulation; None unless the outcome is "likely manipulated" and the model tells the
        questions apart.
    calibrated
        The score is that of a rule, whose error rates are known.
    grounds
        What ``reason`` says, for :func:`lipfd_desktop.verdict.explain`, which says it in other languages; None where
        nothing could be scored, and in results that an older program kept.
    """

    outcome: Outcome
    score: float | None
    reason: str
    face: int | None = None
    generated: float | None = None
    foreign_sound: float | None = None
    question: Question | None = None
    calibrated: bool = False
    grounds: Grounds | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """REAL, INCONCLUSIVE or FAKE."""
        return self.outcome.label

    @property
    def confidence(self) -> float | None:
        """The score for FAKE, one minus it for REAL, else None: not a probability of being right."""
        if self.score is None or self.outcome is Outcome.INCONCLUSIVE:
            return None
        return self.score if self.outcome is Outcome.MANIPULATED else 1.0 - self.score


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that did not stop the analysis and must not be hidden.

    Attributes
    ----------
    code
    message
        An English sentence.
    fields
        Names and numbers in it, by which :mod:`lipfd_desktop.notices` says it in other languages; empty where a
        message has none, and in results that an older program kept.
    """

    code: str
    message: str
    fields: Mapping[str, str | int | float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnalysisResult:
    """Everything that one analysis found, and all that is needed to repeat it."""

    request: AnalysisRequest
    media: MediaInfo
    sha256: str
    model: ModelInfo
    device: DeviceInfo
    plan: Plan
    threshold: float
    versions: Mapping[str, str]
    started_at: str
    """ISO 8601 with offset."""
    processing_time: float
    tracks: tuple[FaceTrack, ...]
    faces: tuple[FaceSummary, ...]
    scores: WindowScores
    coverage: Coverage
    verdict: Verdict
    notices: tuple[Notice, ...] = ()
    cancelled: bool = False
    from_cache: bool = False
    """The scores were computed by an earlier analysis, at ``started_at``, and kept."""


# What an analysis says while it runs ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The plan is made and the device is known; the first window follows."""

    plan: Plan
    model: ModelInfo
    device: DeviceInfo


@dataclass(frozen=True, slots=True, eq=False)
class FacesFollowed:
    """Face boxes of some more frames, one row a (frame, face); for the overlay.

    ``face`` is -1 in the single row of a frame without a face.
    """

    pts: NDArray[np.float64]
    face: NDArray[np.int64]
    boxes: NDArray[np.float32]
    lips: NDArray[np.float32]
    paths: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class WindowsScored:
    """Some more windows; ``done`` window positions of ``total`` are settled, ``elapsed`` seconds since the start."""

    scores: WindowScores
    done: int
    total: int
    elapsed: float


@dataclass(frozen=True, slots=True, eq=False)
class Previewed:
    """A first look at a long file: windows spread over all of it, before the analysis proper computes every one.

    Their faces are not told apart, and nothing of them enters the result.
    """

    scores: WindowScores


@dataclass(frozen=True, slots=True)
class Noticed:
    notice: Notice


ProgressEvent = Started | Previewed | FacesFollowed | WindowsScored | Noticed
OnProgress = Callable[[ProgressEvent], None]


@dataclass(frozen=True, slots=True, eq=False)
class MelTrack:
    """The mel-spectrogram of a whole file, for display and for the guided contract.

    Attributes
    ----------
    start : float
        PTS in seconds of the centre of column 0.
    column_seconds : float
        Seconds from one column to the next.
    frequencies : (bands,) float64
        Centre of each mel band in Hz, lowest first.
    levels : (bands, columns) uint8
        0 is ``floor_db`` dBFS or less, 255 is 0 dBFS, linear in dB.
    """

    start: float
    column_seconds: float
    frequencies: NDArray[np.float64]
    levels: NDArray[np.uint8]
    floor_db: float = -80.0

    @property
    def end(self) -> float:
        return self.start + self.column_seconds * self.levels.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class SeenTier:
    """One tier of a window as the network was given it.

    Attributes
    ----------
    name
        Of :data:`TIERS`.
    crops : (frames, height, width, 3) uint8
        RGB, one for each column of the region weights.
    sources : (frames,) int64
        Ordinal of the frame that each crop was cut from.
    outlines : (frames, 4, 2) float64
        Corners of each crop in the displayed frame, x and y in pixels from its top left edge: top left, top right,
        bottom right, bottom left of the crop.  They may lie outside the frame, whose border is then repeated.
    """

    name: str
    crops: NDArray[np.uint8]
    sources: NDArray[np.int64]
    outlines: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SeenSound:
    """The strip of the mel-spectrogram that came with a window.

    Attributes
    ----------
    pixels : (bands, columns) or (rows, columns, 3) uint8
        Levels as in :class:`MelTrack`, lowest band first; under the official contract RGB, the lowest band on top.
    start, end : float
        Seconds of PTS that it covers.
    """

    pixels: NDArray[np.uint8]
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class SeenWindow:
    """The pictures and the sound that the network was given for one window.

    Attributes
    ----------
    contract
        By which they were cut.
    frames : (frames,) int64
        Ordinals of the frames of the window.
    pts : (frames,) float64
        Their times in seconds.
    tiers
        Head, face and lips.
    wholes : (frames, 500, 500, 3) uint8 or None
        RGB: the whole frames as they stand side by side in the picture of the official contract, from which its tiers
        are cut; None under the others.
    looked_at
        Pixels a side to which the network brings the image that holds all three tiers, before it looks; None where
        each crop goes into it as it is.
    is_exact
        Whether the crops are those of the analysis bit for bit.  Where a long file was analysed in parts, a window
        that reaches into the next part is cut by the placement which that part found: it can differ by a fraction of a
        pixel.
    """

    contract: InputContract
    frames: NDArray[np.int64]
    pts: NDArray[np.float64]
    tiers: tuple[SeenTier, ...]
    sound: SeenSound
    wholes: NDArray[np.uint8] | None
    looked_at: int | None
    is_exact: bool


@dataclass(frozen=True, slots=True, eq=False)
class WaveTrack:
    """The waveform of a whole file as the peaks of short stretches, for display.

    Attributes
    ----------
    start : float
        PTS in seconds at which bin 0 begins.
    bin_seconds : float
        Seconds a bin.
    low, high : (n,) int8
        Lowest and highest sample of each bin; 127 is full scale, rounded away from zero, so that only digital
        silence is 0.
    """

    start: float
    bin_seconds: float
    low: NDArray[np.int8]
    high: NDArray[np.int8]

    @property
    def end(self) -> float:
        return self.start + self.bin_seconds * len(self.low)


@dataclass(frozen=True, slots=True, eq=False)
class OpenedMedia:
    """A file that was opened for looking at, before any analysis.

    ``frame_times`` is (n,) float64: the PTS in seconds of every frame, ascending.  ``mel`` and ``wave`` are None
    without sound.  ``sha256`` is that of the bytes as they were opened.
    """

    info: MediaInfo
    frame_times: NDArray[np.float64] = field(repr=False)
    mel: MelTrack | None = field(repr=False)
    notices: tuple[Notice, ...] = ()
    sha256: str = ""
    wave: WaveTrack | None = field(default=None, repr=False)

    def pts_of(self, frame: int) -> float:
        """PTS in seconds of a frame by its ordinal; of the last one for those that were never listed."""
        return float(self.frame_times[min(frame, len(self.frame_times) - 1)])

    def may_be(self, sha256: str) -> bool:
        """Whether this file can have the bytes with that SHA-256: both are the same, or one is not known."""
        return not self.sha256 or not sha256 or self.sha256 == sha256
