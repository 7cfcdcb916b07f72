"""Which clips are learnt from and which are held out: by source and speaker, never by clip or window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lipfd_desktop.dataset.manifest import FAKE, FOLDS, Clip, assign_folds
from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.errors import DatasetError


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Clips to learn from and clips to validate on.

    Attributes
    ----------
    train, held_out
        No speaker is in both; ``held_out`` may be empty.
    shared_sources
        Sources that are in both, which happens only where there are too few of them to keep them apart: figures
        over such a split flatter.
    """

    train: tuple[StoredClip, ...]
    held_out: tuple[StoredClip, ...]
    shared_sources: tuple[str, ...] = ()


def everything(clips: Sequence[StoredClip]) -> Split:
    """All clips to learn from, none held out."""
    return checked(Split(tuple(clips), ()))


def by_fold(clips: Sequence[StoredClip], fold: int) -> Split:
    """A fold of the manifest held out.

    Raises
    ------
    DatasetError
        There is no such fold, or :func:`checked` refuses the split.
    """
    folds = folds_of(clips)
    if fold not in folds:
        raise DatasetError(f"No clip is in fold {fold}; there are the folds {', '.join(map(str, folds))}.")
    return _parted(clips, {clip.id for clip in clips if clip.record.fold == fold})


def by_generator(clips: Sequence[StoredClip], generator: str, fold: int | None = None) -> Split:
    """A generator that is never learnt from: held out are its fakes, and reals to compare them with.

    Without a fold, whatever shares a source or a speaker with the generator's fakes is not learnt from, and the reals
    among it are held out too.  With a fold, that fold alone is held out: its reals and its fakes of the generator;
    where fakes share their speakers with most of the reals, only this leaves enough to learn from.

    Raises
    ------
    DatasetError
        There is no such generator (in the fold), or :func:`checked` refuses the split.
    """
    names = generators_of(clips)
    if generator not in names:
        raise DatasetError(f"No fake is by “{generator}”; there are {', '.join(names) or 'no fakes'}.")
    others = [clip for clip in clips if not _is_by(clip, generator)]
    if fold is not None:
        split = by_fold(clips, fold)
        held_out = tuple(clip for clip in split.held_out if not clip.label or _is_by(clip, generator))
        if not any(clip.label for clip in held_out):
            raise DatasetError(f"No fake by “{generator}” is in fold {fold}; name a fold that has some.")
        return checked(
            replace(split, train=tuple(clip for clip in split.train if not _is_by(clip, generator)), held_out=held_out)
        )
    own = [clip for clip in clips if _is_by(clip, generator)]
    speakers, sources = _speakers(own), _sources(own)
    near = {clip.id for clip in others if clip.record.speaker in speakers or clip.record.source in sources}
    train = tuple(clip for clip in others if clip.id not in near)
    # A real that is held out must not bring a speaker along who is learnt from in another source.
    learnt = _speakers(train) | _sources(train)
    beside = [clip for clip in others if clip.id in near and not clip.label and not _touches(clip, learnt)]
    return checked(Split(train, (*own, *beside)))


def by_speakers(clips: Sequence[StoredClip], seed: int = 0) -> Split:
    """About a fifth of the clips held out: whole sources, or whole speakers where there are under five sources.

    Raises
    ------
    DatasetError
        :func:`checked` refuses the split.
    """
    parts = assign_folds(tuple(_as_clip(clip) for clip in clips))
    folds = sorted({part.fold for part in parts})
    if len(folds) < 2:
        raise DatasetError("All clips are of one speaker, so that none can be held out; train with --all instead.")
    chosen = folds[seed % len(folds)]
    return _parted(clips, {part.id for part in parts if part.fold == chosen})


def folds_of(clips: Iterable[StoredClip]) -> list[int]:
    return sorted({clip.record.fold for clip in clips})


def generators_of(clips: Iterable[StoredClip]) -> list[str]:
    return sorted({clip.record.generator for clip in clips if clip.label == FAKE})


def checked(split: Split) -> Split:
    """The split, with the sources noted that it shares.

    Raises
    ------
    DatasetError
        A speaker is on both sides; a source is, although there are sources enough; or no real clip is learnt from.
    """
    if not any(clip.label != FAKE for clip in split.train):
        raise DatasetError("No real clip is left to learn from; hold fewer clips out, or with a generator also a fold.")
    if both := sorted(_speakers(split.train) & _speakers(split.held_out)):
        raise DatasetError(
            f"The speaker {both[0]} would be learnt from and held out; correct the folds of the manifest."
        )
    shared = sorted(_sources(split.train) & _sources(split.held_out))
    if shared and len(_sources(split.train) | _sources(split.held_out)) >= FOLDS:
        raise DatasetError(
            f"The source {shared[0]} would be learnt from and held out; correct the folds of the manifest."
        )
    return replace(split, shared_sources=tuple(shared))


def _parted(clips: Sequence[StoredClip], held_out: set[str]) -> Split:
    return checked(
        Split(
            tuple(clip for clip in clips if clip.id not in held_out),
            tuple(clip for clip in clips if clip.id in held_out),
        )
    )


def _is_by(clip: StoredClip, generator: str) -> bool:
    return clip.label == FAKE and clip.record.generator == generator


def _touches(clip: StoredClip, names: set[str]) -> bool:
    return clip.record.speaker in names or clip.record.source in names


def _speakers(clips: Iterable[StoredClip]) -> set[str]:
    return {clip.record.speaker for clip in clips}


def _sources(clips: Iterable[StoredClip]) -> set[str]:
    return {clip.record.source for clip in clips}


def _as_clip(clip: StoredClip) -> Clip:
    record = clip.record
    return Clip(
        id=record.id,
        path=Path(record.file),
        file=record.file,
        label=record.label,
        generator=record.generator,
        speaker=record.speaker,
        source=record.source,
        fold=0,
    )
