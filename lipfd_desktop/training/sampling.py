"""Which windows a batch is made of: clips weighed by speaker and generator, and what is made of them.

A speaker with hundreds of clips would otherwise teach the network one face; a generator with thousands, one trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.dataset.manifest import FAKE
from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.forgery.blend import self_blend, transplant
from lipfd_desktop.forgery.compose import Frames, Points
from lipfd_desktop.forgery.levelling import Past, random_past
from lipfd_desktop.forgery.portrait import head_with, reanimate
from lipfd_desktop.windows.geometry import HEAD_IMAGE, HEAD_SIDE

SPEAKER_POWER: Final = 0.7
"""A clip of a speaker with ``n`` clips is drawn ``n ** -0.7`` as often: ten times the clips, twice the windows."""
GENERATOR_POWER: Final = 0.5
"""A generator with ``n`` clips is drawn ``n ** 0.5`` as often."""
HEAD_PIXELS: Final = HEAD_SIDE / HEAD_IMAGE.side
"""Pixels of an interocular unit in the HEAD image."""
PSEUDO_KINDS: Final = ("blend", "transplant", "reanimate")
PSEUDO_SHARES: Final = (0.6, 0.2, 0.2)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A window of a clip: ``length`` consecutive rows from ``row`` on."""

    clip: StoredClip
    row: int
    length: int

    @property
    def rows(self) -> range:
        return range(self.row, self.row + self.length)


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """FACE and HEAD images of a window: (n, 224, 224, 3) and (n, 128, 128, 3) uint8 RGB."""

    faces: Frames
    heads: Frames

    def after(self, past: Past) -> Pictures:
        """The same window after a past of codecs and sizes, one past for both images."""
        return Pictures(past.apply(self.faces), past.apply(self.heads, HEAD_PIXELS))


class ClipSampler:
    """Draws windows of clips.

    Clips without a window are left out.  Reals are weighed by speaker; fakes by generator and, within a generator, by
    speaker.
    """

    def __init__(self, clips: Sequence[StoredClip], length: int) -> None:
        self._length = length
        found = [(clip, clip.starts(length)) for clip in clips]
        self._clips = [clip for clip, starts in found if len(starts)]
        self._starts = [starts for _, starts in found if len(starts)]
        self._speakers = np.array([clip.record.speaker for clip in self._clips])
        self._numbers = {clip.id: number for number, clip in enumerate(self._clips)}
        self.shares = clip_shares(self._clips)

    def __len__(self) -> int:
        return len(self._clips)

    @property
    def clips(self) -> tuple[StoredClip, ...]:
        """The clips that are drawn from, in the order of ``shares``."""
        return tuple(self._clips)

    def draw(self, rng: np.random.Generator) -> Place:
        number = int(rng.choice(len(self._clips), p=self.shares))
        return Place(self._clips[number], int(rng.choice(self._starts[number])), self._length)

    def other_speaker(self, clip: StoredClip, rng: np.random.Generator) -> StoredClip | None:
        """A clip of another speaker, None where there is none."""
        others = self._speakers != clip.record.speaker
        if not others.any():
            return None
        shares = self.shares * others
        return self._clips[int(rng.choice(len(self._clips), p=shares / shares.sum()))]

    def another_moment(self, place: Place, rng: np.random.Generator) -> Place:
        """Another window of the same clip, which may overlap this one where the clip is short."""
        starts = self._starts[self._numbers[place.clip.id]]
        apart = starts[np.abs(starts - place.row) >= self._length]
        return Place(place.clip, int(rng.choice(apart if len(apart) else starts)), self._length)


def clip_shares(clips: Sequence[StoredClip]) -> NDArray[np.float64]:
    """(n,) how often each clip is drawn; sums to one."""
    if not clips:
        return np.empty(0)
    makers = [clip.record.generator if clip.label == FAKE else "" for clip in clips]
    keys = [(maker, clip.record.speaker) for maker, clip in zip(makers, clips, strict=True)]
    speakers, generators = Counter(keys), Counter(makers)
    weights = np.array([speakers[key] ** -SPEAKER_POWER for key in keys])
    totals: Counter[str] = Counter()
    for maker, weight in zip(makers, weights.tolist(), strict=True):
        totals[maker] += weight
    scale = np.array([generators[maker] ** GENERATOR_POWER / totals[maker] for maker in makers])
    shares: NDArray[np.float64] = weights * scale / (weights * scale).sum()
    return shares


def pictures_of(place: Place) -> Pictures:
    clip = place.clip
    return Pictures(np.stack([clip.face(row) for row in place.rows]), np.stack([clip.head(row) for row in place.rows]))


def landmarks_of(place: Place) -> Points:
    """(n, 478, 2) in pixels of the FACE images."""
    return np.stack([place.clip.face_landmarks(row) for row in place.rows])


def forged(place: Place, own: Pictures, donor: Place | None, rng: np.random.Generator) -> Pictures:
    """A pseudo-fake of a real window.

    Parameters
    ----------
    donor
        Another moment of the same clip, of which mouths are transplanted and stills brought to life; without one the
        mouth is blended with itself.
    """
    landmarks = landmarks_of(place)
    kind = str(rng.choice(PSEUDO_KINDS, p=PSEUDO_SHARES)) if donor is not None else PSEUDO_KINDS[0]
    if donor is None or kind == "blend":
        made = self_blend(own.faces, landmarks, rng)
    elif kind == "transplant":
        made = transplant(own.faces, landmarks, pictures_of(donor).faces, landmarks_of(donor), rng)
    else:
        made = reanimate(
            own.faces,
            landmarks,
            rng,
            still=donor.clip.face(donor.row),
            still_landmarks=donor.clip.face_landmarks(donor.row),
            heads=own.heads,
            still_head=donor.clip.head(donor.row),
        )
    if made.heads is not None:
        return Pictures(made.frames, made.heads)
    heads = [
        head_with(head, face, original) for head, face, original in zip(own.heads, made.frames, own.faces, strict=True)
    ]
    return Pictures(made.frames, np.stack(heads))


def twins(
    place: Place, donor: Place | None, rng: np.random.Generator, *, level: float = 1.0
) -> tuple[Pictures, Pictures]:
    """A real window and its pseudo-fake with the same past, which ``level`` is the chance of."""
    own = pictures_of(place)
    fake = forged(place, own, donor, rng)
    if rng.random() >= level:
        return own, fake
    past = random_past(rng)
    return own.after(past), fake.after(past)


def levelled(pictures: Pictures, rng: np.random.Generator, *, level: float = 1.0) -> Pictures:
    """The pictures after a random past, which ``level`` is the chance of."""
    return pictures.after(random_past(rng)) if rng.random() < level else pictures
