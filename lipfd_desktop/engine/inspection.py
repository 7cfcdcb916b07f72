"""What the network was given for one window of a result, cut again by the very code that cut it for the analysis.

A result keeps the placement of every face in every frame, so nothing is searched for: the frames of the window are
decoded and its crops are cut as before.  Frames around them are decoded with them, because who looks at one window
looks at its neighbours next.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.engine.analysis import contract_of
from lipfd_desktop.engine.opening import OpenFile
from lipfd_desktop.engine.sections import sections
from lipfd_desktop.errors import CorruptMediaError, NotKeptError
from lipfd_desktop.language import mark
from lipfd_desktop.media.frames import Frame, FrameReader
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.network.compact_picture import FACE_COLUMNS, FACE_ROWS, LIP_COLUMNS, LIP_ROWS
from lipfd_desktop.network.config import CompactConfig, ModelConfig, NetworkConfig
from lipfd_desktop.network.inputs import FACE_SLICE, FRAME_SIDE, LIP_SLICE, SLICE_BASE, official_inputs
from lipfd_desktop.result import (
    TIERS,
    AnalysisResult,
    FacePath,
    FaceTrack,
    InputContract,
    SeenSound,
    SeenTier,
    SeenWindow,
    WindowScore,
)
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.tracks.pose import FacePose
from lipfd_desktop.windows.context import CONTEXT_SECONDS, middle_of
from lipfd_desktop.windows.contracts import Contract, OfficialContract, WindowInput, WindowTime
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, GUIDED_TIERS, Tier, tier_transform
from lipfd_desktop.windows.mel import OFFICIAL_MEL

REMEMBERED: Final = 12
"""Windows that are kept in memory."""
AROUND: Final = 10
"""Frames before and after a window that are decoded with it: stepping on or back then needs no decoding."""
FRAME_BYTES: Final = 96 * 2**20
"""Memory for decoded frames; a large picture has fewer neighbours."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What stays the same from window to window of one result."""

    result: AnalysisResult
    config: ModelConfig
    contract: Contract[Any]

    def is_of(self, result: AnalysisResult) -> bool:
        """The threshold may have been moved since; what was analysed is the same object."""
        return self.result.tracks is result.tracks and self.result.scores is result.scores


class Inspector:
    """Gives the pictures of windows; remembers the last ones, and the frames around the last one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._subject: _Subject | None = None
        self._windows: OrderedDict[tuple[int, int | None], SeenWindow] = OrderedDict()
        self._frames: dict[int, Frame] = {}

    def look(
        self,
        opened: OpenFile,
        result: AnalysisResult,
        config: ModelConfig,
        window: WindowScore,
        is_cancelled: IsCancelled = never,
    ) -> SeenWindow:
        """See :meth:`lipfd_desktop.engine.facade.Engine.look`; ``opened`` is the file of ``result``."""
        with self._lock:
            if self._subject is None or not self._subject.is_of(result):
                self._windows, self._frames = OrderedDict(), {}
                contract = contract_of(config, opened, result.plan, is_cancelled)
                self._subject = _Subject(result, config, contract)
            key = window.first_frame, window.face
            if key not in self._windows:
                self._windows[key] = self._cut(opened, self._subject, window, is_cancelled)
                while len(self._windows) > REMEMBERED:
                    self._windows.popitem(last=False)
            self._windows.move_to_end(key)
            return self._windows[key]

    def _cut(self, opened: OpenFile, subject: _Subject, window: WindowScore, is_cancelled: IsCancelled) -> SeenWindow:
        result, contract = subject.result, subject.contract
        wanted = range(window.first_frame, window.first_frame + result.plan.window_frames)
        frames = self._decode(opened, wanted, is_cancelled)
        time = WindowTime(window.start, window.end, window.first_frame)
        poses: list[FacePose] = []
        if contract.one_score_per_face:
            faces = _faces(result, window, wanted)
            poses = [face.pose for face in faces]
        else:
            faces = [_NOBODY] * len(frames)
        kept = [
            contract.keep(TrackedFrame(frame, (face,), cut=False), face)
            for frame, face in zip(frames, faces, strict=True)
        ]
        given = contract.window(kept, time)
        tiers, looked_at = _tiers(subject.config, given, frames, poses)
        return SeenWindow(
            contract=subject.config.input_contract,
            frames=np.array(wanted, np.int64),
            pts=np.array([frame.pts for frame in frames]),
            tiers=tiers,
            sound=_sound(subject, opened, given, time),
            wholes=None if contract.one_score_per_face else _wholes(np.asarray(given.pixels)),
            looked_at=looked_at,
            is_exact=not contract.one_score_per_face or not _reaches_on(result, opened, window),
        )

    def _decode(self, opened: OpenFile, wanted: range, is_cancelled: IsCancelled) -> list[Frame]:
        if not all(ordinal in self._frames for ordinal in wanted):
            video, times = opened.info.video, opened.frame_times
            # Decoded pictures are kept as the codec has them, mostly with 12 bits a pixel.
            room = int(FRAME_BYTES / max(1.5 * video.width * video.height, 1))
            spare = max(min(AROUND, (room - len(wanted)) // 2), 0)
            first, last = max(wanted.start - spare, 0), min(wanted.stop + spare, len(times)) - 1
            self._frames = {}
            with FrameReader(
                opened.info.path,
                start=float(times[first]),
                end=frame_end(times, last),
                frame_times=times,
                is_cancelled=is_cancelled,
            ) as reader:
                self._frames = {frame.index: frame for frame in reader}
        missing = [ordinal for ordinal in wanted if ordinal not in self._frames]
        if missing:
            raise CorruptMediaError(
                opened.info.path,
                mark("frame {frame} can no longer be decoded; get a complete copy of the file."),
                frame=missing[0],
            )
        return [self._frames[ordinal] for ordinal in wanted]


_NOBODY: Final = TrackedFace(
    -1,
    np.zeros(4, np.float32),
    np.zeros(4, np.float32),
    FacePose(np.zeros(2), np.zeros(2), 1.0, 0.0),
    FacePath.NONE,
    np.empty((0, 2), np.float32),
)
"""Stands in where faces play no part in the pixels."""


def _faces(result: AnalysisResult, window: WindowScore, wanted: range) -> list[TrackedFace]:
    """The face of the window in each of its frames, as it was placed for the analysis."""
    track = next((track for track in result.tracks if track.id == window.face), None)
    places = np.array([], np.intp) if track is None else np.searchsorted(track.frames, wanted)
    if track is None or len(track.poses) != len(track.frames):
        raise NotKeptError(
            result.media.path,
            mark(
                "the result was kept by an earlier version, without the placement of its crops; analyse the file anew."
            ),
        )
    if not np.array_equal(track.frames[np.minimum(places, len(track.frames) - 1)], wanted):
        raise NotKeptError(
            result.media.path,
            mark("frames of this window lie beyond what was analysed, so that its crops cannot be cut again."),
        )
    return [_face(track, int(place)) for place in places]


def _face(track: FaceTrack, place: int) -> TrackedFace:
    return TrackedFace(
        track.id,
        track.boxes[place],
        track.lips[place],
        FacePose.from_row(track.poses[place]),
        FacePath(int(track.paths[place])),
        np.empty((0, 2), np.float32),  # not kept, and no crop needs them
    )


def _reaches_on(result: AnalysisResult, opened: OpenFile, window: WindowScore) -> bool:
    """Whether the window has frames of the next section, which followed the face anew."""
    last = window.first_frame + result.plan.window_frames - 1
    begins = [part.own_frames.start for part in sections(result.plan, opened.frame_times)[1:]]
    return any(window.first_frame < begin <= last for begin in begins)


def _tiers(
    config: ModelConfig, given: WindowInput, frames: list[Frame], poses: list[FacePose]
) -> tuple[tuple[SeenTier, ...], int | None]:
    """Head, face and lips, and to which side the network brings them."""
    ordinals = np.array([frame.index for frame in frames], np.int64)
    if isinstance(config, CompactConfig):
        images = np.stack(list(given.pixels))
        whole = slice(0, FACE_SIDE)
        parts = ((whole, whole), (FACE_ROWS, FACE_COLUMNS), (LIP_ROWS, LIP_COLUMNS))
        return tuple(
            SeenTier(name, images[:, rows, columns], ordinals, _outlines(poses, FACE_IMAGE, FACE_SIDE, rows, columns))
            for name, (rows, columns) in zip(TIERS, parts, strict=True)
        ), config.face_side
    if config.input_contract is InputContract.GUIDED:
        crops = np.stack(list(given.pixels), axis=1)
        side = slice(0, crops.shape[2])
        return tuple(
            SeenTier(name, of_tier, ordinals, _outlines(poses, tier, side.stop, side, side))
            for name, of_tier, tier in zip(TIERS, crops, GUIDED_TIERS, strict=True)
        ), None
    return _official_tiers(config, np.asarray(given.pixels), frames), None


def _outlines(poses: list[FacePose], tier: Tier, side: int, rows: slice, columns: slice) -> NDArray[np.float64]:
    """(frames, 4, 2) corners in the frame of a part of a crop; transforms are between middles of pixels."""
    left, right = columns.start - 0.5, columns.stop - 0.5
    top, bottom = rows.start - 0.5, rows.stop - 0.5
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]])
    return np.stack([corners @ tier_transform(pose, tier, side).T + 0.5 for pose in poses])


def _official_tiers(config: NetworkConfig, composite: NDArray[np.uint8], frames: list[Frame]) -> tuple[SeenTier, ...]:
    """The crops of the authors: all of the first frame, shifted; rounded, because interpolation gives fractions."""
    _, inputs = official_inputs(torch.from_numpy(composite[None]), config)
    # (frames, tiers, BGR, rows, columns)
    crops = inputs[0].round().to(torch.uint8).numpy()[:, :, ::-1].transpose(1, 0, 3, 4, 2)
    first = frames[0]
    sources = np.full(len(frames), first.index, np.int64)
    scale = np.array([first.width, first.height]) / FRAME_SIDE
    tiers = []
    for name, of_tier, (begin, end) in zip(TIERS, crops, ((0, SLICE_BASE), FACE_SLICE, LIP_SLICE), strict=True):
        low, high = begin * FRAME_SIDE / SLICE_BASE, end * FRAME_SIDE / SLICE_BASE
        shifts = np.arange(len(frames), dtype=np.float64)
        outlines = np.array([[[low + x, low], [high + x, low], [high + x, high], [low + x, high]] for x in shifts])
        tiers.append(SeenTier(name, np.ascontiguousarray(of_tier), sources, outlines * scale))
    return tuple(tiers)


def _wholes(composite: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(frames, 500, 500, 3) RGB of a composite."""
    frames = composite.shape[1] // FRAME_SIDE
    pictures = composite[FRAME_SIDE:, :, ::-1].reshape(FRAME_SIDE, frames, FRAME_SIDE, 3)
    return np.ascontiguousarray(pictures.swapaxes(0, 1))


def _sound(subject: _Subject, opened: OpenFile, given: WindowInput, time: WindowTime) -> SeenSound:
    contract = subject.contract
    if isinstance(contract, OfficialContract):
        strip = np.asarray(given.pixels)[:FRAME_SIDE, :, ::-1]
        columns = contract.spectrogram.columns(
            time.first_frame, subject.result.plan.window_frames, contract.frames_total
        )
        begin = opened.require_sound().extent.start
        start, end = (begin + column * OFFICIAL_MEL.hop / OFFICIAL_MEL.sample_rate for column in columns)
        return SeenSound(np.ascontiguousarray(strip), start, end)
    if given.strip is None:  # only the official contract has its strip in the composite
        raise AssertionError("a window without sound")
    if contract.look_around:
        middle = middle_of(time)
        return SeenSound(given.strip, middle - CONTEXT_SECONDS, middle + CONTEXT_SECONDS)
    return SeenSound(given.strip, time.start, time.end)
