"""Teaches the agreement branch which sound belongs to which lips, from real clips alone.

For each window of lips there is its own sound, the sound of another moment of the same clip, and that of other clips.
Both moments lie well inside the clip, so that silence at its ends tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.errors import TrainingError
from lipfd_desktop.network.compact_agreement import MOUTH, OFFSETS, PEAK, AgreementBranch
from lipfd_desktop.training.compact_windows import area_under_curve, member_of, moving_rows, stage_of
from lipfd_desktop.training.sampling import clip_shares
from lipfd_desktop.training.settings import StageSettings, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Batch
from lipfd_desktop.windows.context import CONTEXT_SECONDS, MOTION_STEPS, STRIP_COLUMNS, context_strip, middle_of

LEAST_SHIFT: Final = 0.16
"""Seconds that another moment of the same clip is away at least; nearer ones agree."""
SWAPPED: Final = 0.5
"""Share of the foreign sounds that are another clip's; the others are the clip's own of another moment."""
SHARPNESS: Final = 10.0
"""Factor from likeness, -1 to 1, to the logit of the contrastive loss."""
CONTRAST_SHARE: Final = 0.3
LOUDNESS: Final = (0.8, 1.2)
OFFSET_OF_LEVEL: Final = (-0.15, 0.1)
MUFFLED: Final = 0.5
NOISY: Final = 0.3
CUT_OFF: Final = 0.2
"""Shares of the windows whose sound loses a few bands, gets a noise floor, or which begin or end inside the window."""
MOST_CUT: Final = 20
"""Motion steps that are unknown at most at the end that is cut off."""
JITTER: Final = 0.003
HELD_OUT_WINDOWS: Final = 96


class _Drawn(NamedTuple):
    clip: StoredClip
    row: int
    own: NDArray[np.uint8]
    foreign: NDArray[np.uint8]


class _Talking:
    """Real clips long enough that two seconds around two different moments lie inside them."""

    def __init__(self, clips: Sequence[StoredClip]) -> None:
        kept = [(clip, _inner_rows(clip)) for clip in clips if not clip.label]
        self._clips = [(clip, rows) for clip, rows in kept if len(rows) > 1 and _length(clip, rows) >= 2 * LEAST_SHIFT]
        self._shares = clip_shares([clip for clip, _ in self._clips])

    def __len__(self) -> int:
        return len(self._clips)

    def draw(self, rng: np.random.Generator) -> _Drawn:
        """A clip, a row, its own sound and a foreign one, (80, 200) each."""
        number = int(rng.choice(len(self._clips), p=self._shares))
        clip, rows = self._clips[number]
        row = int(rng.choice(rows))
        own = _strip(clip, row)
        if rng.random() < SWAPPED and len(self._clips) > 1:
            other = (number + int(rng.integers(1, len(self._clips)))) % len(self._clips)
            stranger, moments = self._clips[other]
            return _Drawn(clip, row, own, _strip(stranger, int(rng.choice(moments))))
        far = rows[np.abs(clip.pts[rows] - clip.pts[row]) >= LEAST_SHIFT]
        return _Drawn(clip, row, own, _strip(clip, int(rng.choice(far))))


class AgreementTask:
    """Implements :class:`~lipfd_desktop.training.task.Task`."""

    network: nn.Module

    def __init__(self, split: Split, branch: AgreementBranch, stage: StageSettings) -> None:
        self.network = self._branch = branch
        self._size = stage.batch
        self._talking = _Talking(split.train)
        self._held_out = _Talking(split.held_out)
        if len(self._talking) < 2:
            raise TrainingError(
                "There are not two real clips of more than two seconds and a half, which the agreement of lips and "
                "sound is learnt from; extract longer clips."
            )

    def batch(self, rng: np.random.Generator) -> Batch:
        """``mouth`` (n, 50, 120), ``seen`` (n, 50), ``own`` and ``foreign`` (n, 80, 200) levels from 0 to 1."""
        drawn = [self._talking.draw(rng) for _ in range(self._size)]
        batch = _batch(drawn)
        batch["mouth"] += JITTER * torch.from_numpy(rng.standard_normal(batch["mouth"].shape, dtype=np.float32))
        for number in range(len(drawn)):
            if rng.random() < CUT_OFF:
                _cut_off(batch, number, rng)
        for name in ("own", "foreign"):
            batch[name] = torch.stack([_recorded(levels, rng) for levels in batch[name]])
        return batch

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        lips = self._branch.directions(batch["mouth"], batch["seen"])
        own, foreign = (self._branch.sound_directions(batch[name]) for name in ("own", "foreign"))
        curves = [self._branch.curve(lips, sound, batch["seen"]) for sound in (own, foreign)]
        logits = torch.cat([self._branch.judge(curve) for curve in curves])
        target = torch.cat((torch.zeros(len(lips)), torch.ones(len(lips)))).to(logits)
        return {
            "foreign": functional.binary_cross_entropy_with_logits(logits, target),
            "contrast": CONTRAST_SHARE * _contrast(curves[0], lips, own),
        }

    def validate(self) -> dict[str, float]:
        """Single windows of held-out real clips with their own and with a foreign sound."""
        if len(self._held_out) < 2:
            return {"score": 0.0}
        rng = np.random.default_rng(0)
        batch = _batch([self._held_out.draw(rng) for _ in range(HELD_OUT_WINDOWS)])
        with torch.inference_mode():
            lips = self._branch.directions(batch["mouth"], batch["seen"])
            own, foreign = (
                self._branch.judge(self._branch.curve(lips, self._branch.sound_directions(batch[name]), batch["seen"]))
                for name in ("own", "foreign")
            )
        labels = [0] * len(own) + [1] * len(foreign)
        return {
            "score": area_under_curve(labels, torch.cat((own, foreign))),
            "raised": float((foreign > own).float().mean()),
        }


def make_task(split: Split, network: object, settings: TrainSettings) -> AgreementTask:
    """See :data:`~lipfd_desktop.training.task.MakeTask`."""
    stage = stage_of(settings, "agreement")
    return AgreementTask(split, member_of(network, stage).agreement, stage)


def _contrast(curve: Tensor, lips: Tensor, sound: Tensor) -> Tensor:
    """The own offset against other offsets and against the sounds of the other windows."""
    right = curve[:, OFFSETS - PEAK : OFFSETS + PEAK + 1].amax(dim=1, keepdim=True)
    offsets = torch.cat((curve[:, : OFFSETS - 2 * PEAK], curve[:, OFFSETS + 2 * PEAK + 1 :]), dim=1)
    others = torch.einsum("ids,jds->ij", lips, sound) / lips.shape[-1]
    others = others.masked_fill(torch.eye(len(lips), dtype=torch.bool, device=lips.device), -1.0)
    logits = torch.cat((right, offsets, others), dim=1) * SHARPNESS
    return functional.cross_entropy(logits, torch.zeros(len(lips), dtype=torch.long, device=lips.device))


def _batch(drawn: Sequence[_Drawn]) -> Batch:
    moving = moving_rows([(one.clip, one.row) for one in drawn])
    own = torch.from_numpy(np.stack([one.own for one in drawn])).float() / 255
    foreign = torch.from_numpy(np.stack([one.foreign for one in drawn])).float() / 255
    mouth = moving.points[:, :, list(MOUTH)].flatten(2)
    return {"mouth": mouth, "seen": moving.seen, "own": own, "foreign": foreign}


def _cut_off(batch: Batch, number: int, rng: np.random.Generator) -> None:
    """As at the first or last second of a file: neither face nor sound beyond it."""
    steps = int(rng.integers(1, MOST_CUT + 1))
    columns = steps * STRIP_COLUMNS // MOTION_STEPS
    at_start = rng.random() < 0.5
    rows, times = (slice(0, steps), slice(0, columns)) if at_start else (slice(-steps, None), slice(-columns, None))
    batch["seen"][number, rows] = False
    batch["mouth"][number, rows] = 0.0
    for name in ("own", "foreign"):
        batch[name][number, :, times] = 0.0


def _recorded(levels: Tensor, rng: np.random.Generator) -> Tensor:
    """The same sound through another microphone in another room."""
    heard = (levels > 0).float()
    changed = levels * rng.uniform(*LOUDNESS) + rng.uniform(*OFFSET_OF_LEVEL)
    if rng.random() < MUFFLED:
        first = int(rng.integers(0, 70))
        changed[first : first + int(rng.integers(1, 10))] = 0.0
    if rng.random() < NOISY:
        noise = torch.from_numpy(rng.standard_normal(levels.shape, dtype=np.float32))
        changed = torch.maximum(changed, rng.uniform(0.1, 0.45) + 0.05 * noise)
    return changed.clamp(0.0, 1.0) * heard


def _inner_rows(clip: StoredClip) -> NDArray[np.intp]:
    """Rows whose two seconds lie inside the kept time."""
    rows, pts = clip.starts(), clip.pts
    if not len(rows):
        return rows
    half = CONTEXT_SECONDS - 0.1
    inner: NDArray[np.intp] = rows[(pts[rows] - half >= pts[0]) & (pts[rows] + half <= pts[-1])]
    return inner


def _length(clip: StoredClip, rows: NDArray[np.intp]) -> float:
    return float(clip.pts[rows[-1]] - clip.pts[rows[0]])


def _strip(clip: StoredClip, row: int) -> NDArray[np.uint8]:
    return context_strip(clip.mel, middle_of(clip.window_time(row)))
