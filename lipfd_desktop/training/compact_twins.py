"""Twins: a real moment of a face and the same moment with a part forged, alike in everything else.

Both go through the same past of codecs and sizes, so that they differ in nothing but the forgery.  The replaced part is
the mouth, or as often some other place: a network must say *where* a face is foreign and cannot learn that mouths are
suspicious.

Drawing a twin costs more than learning from it, so twins can be drawn once into a folder (:func:`write_twins`) and
shared by all trainings; :class:`TwinPool` reads them back through memory maps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.dataset.extraction import make_folder
from lipfd_desktop.dataset.store import Store, StoredClip
from lipfd_desktop.errors import TrainingError
from lipfd_desktop.forgery.blend import paste, self_blend, transplant
from lipfd_desktop.forgery.compose import Forged
from lipfd_desktop.forgery.generators import Generator, mel_strips
from lipfd_desktop.forgery.levelling import random_past
from lipfd_desktop.forgery.portrait import reanimate
from lipfd_desktop.forgery.warping import MOST_TURN, pose_difference
from lipfd_desktop.network.compact_picture import LUMA
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.training.compact_windows import reals
from lipfd_desktop.windows.geometry import FACE_SIDE

KINDS: Final = ("blend", "transplant", "generated", "reanimated")
DEFAULT_SHARES: Final = {"blend": 0.42, "transplant": 0.15, "generated": 0.28, "reanimated": 0.15}
DEFAULT_LEVEL: Final = 0.9
"""Share of the twins that get a random past."""

FRAMES: Final = 2
"""A moment is a frame and the next, for the plane of change."""
CHANNELS: Final = 4
"""Red, green and blue of the frame, luma of the next."""
MASK_SIDE: Final = 28

ELSEWHERE: Final = 0.45
"""Share of the blends whose place is moved away from the mouth."""
MOVED_ACROSS: Final = 45.0
MOVED_UP: Final = (45.0, 115.0)
"""Pixels of the face image by which it is moved: onto brow, eyes, nose or cheeks."""
WHOLE_FACE: Final = 0.25
"""Share of the generators' pictures that are kept whole instead of being blended in."""
DONOR_TRIES: Final = 6

UNKNOWN: Final = -1.0
"""Target where a twin has no answer to a question; it is left out of the loss."""

_FOLD: Final = re.compile(r"fold(\d+)_")
_FACTS: Final = "twins.json"
_PART: Final = 500


@dataclass(frozen=True, slots=True)
class Twin:
    """A moment twice: as filmed, and forged.

    Attributes
    ----------
    pictures : (2, 224, 224, 4) uint8
        Filmed, forged; see :data:`CHANNELS`.
    mask : (28, 28) uint8
        Share of the forged picture, 255 is all of it.
    kind : str
        One of :data:`KINDS`.
    mouth, portrait : float
        Of the forged one: is the mouth foreign, was the portrait generated as a whole; :data:`UNKNOWN` where the
        question makes no sense.
    """

    pictures: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    kind: str
    mouth: float
    portrait: float


@dataclass(frozen=True, slots=True)
class TwinMaker:
    """Draws twins.

    Attributes
    ----------
    shares
        Relative frequency of each of :data:`KINDS`.
    level
        Share that gets a random past (:mod:`lipfd_desktop.forgery.levelling`).
    generators
        Generators of our own that paint mouths; without any there are no "generated" twins.
    """

    shares: Mapping[str, float]
    level: float
    generators: tuple[Generator, ...] = ()

    def twin(self, rng: np.random.Generator, clip: StoredClip, row: int) -> Twin:
        """A twin of the moment at a row of a real clip."""
        rows = range(row, row + FRAMES)
        faces = np.stack([clip.face(one) for one in rows])
        landmarks = np.stack([clip.face_landmarks(one) for one in rows])
        kind = self._kind(rng)
        forged, mouth, portrait = self._forge(kind, rng, clip, row, faces, landmarks)
        past = random_past(rng) if rng.random() < self.level else None
        lived = [images if past is None else past.apply(images) for images in (faces, forged.frames)]
        mask = cv2.resize(forged.mask[0], (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
        pictures = np.stack([moment(images) for images in lived])
        return Twin(pictures, np.rint(255 * mask).astype(np.uint8), kind, mouth, portrait)

    def _kind(self, rng: np.random.Generator) -> str:
        weights = np.array([self.shares.get(kind, 0.0) for kind in KINDS])
        if not self.generators:
            weights[KINDS.index("generated")] = 0.0
        return KINDS[int(rng.choice(len(KINDS), p=weights / weights.sum()))]

    def _forge(
        self,
        kind: str,
        rng: np.random.Generator,
        clip: StoredClip,
        row: int,
        faces: NDArray[np.uint8],
        landmarks: NDArray[np.float32],
    ) -> tuple[Forged, float, float]:
        if kind == "reanimated":
            donor = _donor(rng, clip, row, landmarks)
            still, still_landmarks = clip.face(donor), clip.face_landmarks(donor)
            return reanimate(faces, landmarks, rng, still=still, still_landmarks=still_landmarks), UNKNOWN, 1.0
        if kind == "generated":
            painted = self._painted(rng, clip, row, faces)
            if rng.random() < WHOLE_FACE:
                return Forged(painted, np.ones(faces.shape[:3], np.float32)), UNKNOWN, 1.0
            place, mouth = _place(rng, landmarks)
            return paste(faces, painted, place, rng), mouth, 0.0
        if kind == "transplant":
            donor = _donor(rng, clip, row, landmarks)
            rows = range(donor, donor + FRAMES)
            donors = np.stack([clip.face(one) for one in rows]), np.stack([clip.face_landmarks(one) for one in rows])
            return transplant(faces, landmarks, *donors, rng), 1.0, 0.0
        place, mouth = _place(rng, landmarks)
        return self_blend(faces, place, rng), mouth, 0.0

    def _painted(
        self, rng: np.random.Generator, clip: StoredClip, row: int, faces: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        generator = self.generators[int(rng.integers(len(self.generators)))]
        if not generator.needs_drive:
            return generator.regenerate(faces)
        reference = clip.face(int(rng.integers(len(clip))))
        mel = clip.mel
        strips = mel_strips(mel.levels, mel.start, clip.pts[row : row + FRAMES])
        return generator.regenerate(faces, reference=np.repeat(reference[None], FRAMES, axis=0), mels=strips)


def moment(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two RGB faces (2, h, w, 3) as one picture (h, w, 4): the first, and the luma of the second."""
    luma = np.rint(faces[1] @ np.array(LUMA, np.float32)).clip(0, 255).astype(np.uint8)
    return np.concatenate([faces[0], luma[..., None]], axis=-1)


def load_generators(folder: Path, *, without: Collection[int] = ()) -> tuple[Generator, ...]:
    """Generators of a folder, in order of their names.

    A name that begins with ``fold3_`` says that the generator learnt from fold 3; it is left out when 3 is in
    ``without``.
    """
    return tuple(Generator.load(path) for path in sorted(folder.glob("*.safetensors")) if _fold(path) not in without)


def write_twins(
    store: Store,
    folder: Path,
    *,
    count: int,
    seed: int = 0,
    generators: Path | None = None,
    workers: int = 1,
    on_part: Callable[[int], None] = lambda _: None,
) -> None:
    """Draw ``count`` twins of the real clips of a store into a folder, in parts of 500.

    The generators of each fold make their own share of the parts, so that a training can leave out what learnt from
    the fold it is judged on.  Parts that are there already are kept: an interrupted run goes on where it was.

    Raises
    ------
    TrainingError
        The store has no real clip to draw from, or the folder holds twins of another seed or size.
    """
    reals(store.clips)
    make_folder(folder)
    facts = {"count": count, "seed": seed, "generators": _folds(generators)}
    written = folder / _FACTS
    if written.exists() and json.loads(written.read_text()) != facts:
        raise TrainingError(f"“{folder}” holds twins that were drawn otherwise; choose an empty folder.")
    with open_atomic(written) as stream:
        stream.write(json.dumps(facts).encode())
    parts = range(-(-count // _PART))
    draw = partial(_write_part, store.folder, folder, generators, seed, count)
    if workers == 1:
        for part in parts:
            on_part(draw(part))
        return
    # A forked process would inherit the locks of torch's threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done in pool.map(draw, parts):
            on_part(done)


class TwinPool:
    """Twins of a folder, without those that a training must not see."""

    def __init__(
        self, folder: Path, clips: Collection[str], *, kinds: Collection[str] = KINDS, without: Collection[int] = ()
    ) -> None:
        try:
            facts = json.loads((folder / _FACTS).read_text())
            paths = [_part_path(folder, number) for number in range(-(-facts["count"] // _PART))]
            tables = [np.load(path.with_suffix(".npz")) for path in paths]
            self._pictures = [np.load(path, mmap_mode="r") for path in paths]
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(
                f"“{folder}” holds no complete set of twins; draw one with “lipfd dataset twins”."
            ) from error
        self._masks, self._answers, self._kinds, folds, ids = (
            np.concatenate([table[name] for table in tables])
            for name in ("masks", "answers", "kinds", "generator_fold", "ids")
        )
        # A generator that has seen what is held out has no part in a training; the other kinds use none.
        spoilt = np.isin(folds, list(without)) & (self._kinds == "generated")
        self._rows = np.flatnonzero(np.isin(ids, list(clips)) & np.isin(self._kinds, list(kinds)) & ~spoilt)
        if not len(self._rows):
            raise TrainingError(f"“{folder}” holds no twin of the clips to learn from; draw them from the same store.")

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, rng: np.random.Generator) -> Twin:
        """One of them, each as likely as another."""
        row = int(self._rows[int(rng.integers(len(self._rows)))])
        part, place = divmod(row, _PART)
        mouth, portrait = self._answers[row].tolist()
        return Twin(np.asarray(self._pictures[part][place]), self._masks[row], str(self._kinds[row]), mouth, portrait)


def _write_part(store: Path, folder: Path, generators: Path | None, seed: int, count: int, number: int) -> int:
    cv2.setNumThreads(1)
    size = min(_PART, count - number * _PART)
    path = _part_path(folder, number)
    if path.with_suffix(".npz").exists():
        return size
    folds = _folds(generators)
    fold = folds[number % len(folds)] if folds else 0
    others = set(folds) - {fold}
    makers = () if generators is None else load_generators(generators, without=others)
    maker = TwinMaker(DEFAULT_SHARES, DEFAULT_LEVEL, makers)
    clips = reals(Store.open(store).clips)
    rng = np.random.default_rng([seed, number])
    pictures = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
        path, "w+", np.uint8, (size, 2, FACE_SIDE, FACE_SIDE, CHANNELS)
    )
    masks, answers, kinds, ids = [], [], [], []
    for place in range(size):
        clip, row = clips.draw(rng)
        twin = maker.twin(rng, clip, row)
        pictures[place] = twin.pictures
        masks.append(twin.mask)
        answers.append((twin.mouth, twin.portrait))
        kinds.append(twin.kind)
        ids.append(clip.id)
    pictures.flush()
    columns: dict[str, Any] = {
        "masks": np.stack(masks),
        "answers": np.array(answers, np.float32),
        "kinds": np.array(kinds),
        "ids": np.array(ids),
        "generator_fold": np.full(size, fold),
    }
    with open_atomic(path.with_suffix(".npz")) as stream:
        np.savez(stream, **columns)
    return size


def _part_path(folder: Path, number: int) -> Path:
    return folder / f"twins-{number:04d}.npy"


def _folds(generators: Path | None) -> list[int]:
    """Folds from which the generators of a folder learnt; 0 stands for those whose name does not say."""
    return [] if generators is None else sorted({_fold(path) for path in generators.glob("*.safetensors")})


def _fold(path: Path) -> int:
    named = _FOLD.match(path.name)
    return int(named[1]) if named else 0


def _place(rng: np.random.Generator, landmarks: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Landmarks that say where to blend, and whether that is the mouth."""
    if rng.random() >= ELSEWHERE:
        return landmarks, 1.0
    moved = np.array([rng.uniform(-MOVED_ACROSS, MOVED_ACROSS), -rng.uniform(*MOVED_UP)], np.float32)
    return landmarks + moved, 0.0


def _donor(rng: np.random.Generator, clip: StoredClip, row: int, landmarks: NDArray[np.float32]) -> int:
    """A row of another moment with a like pose, if a few tries find one."""
    chosen = row
    for chosen in rng.integers(0, len(clip) - FRAMES + 1, DONOR_TRIES).tolist():
        if abs(chosen - row) > FRAMES and pose_difference(landmarks[0], clip.face_landmarks(chosen)) < MOST_TURN:
            break
    return int(chosen)
