"""The analysis itself: decode, follow faces, cut windows, score them, sum up."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.engine.batches import batches, score_batch
from lipfd_desktop.engine.opening import LENGTH_TOLERANCE, OpenFile, Sound, length_notices, listen, no_audio
from lipfd_desktop.engine.recording import ScoreRecorder, TrackRecorder, coverage_of
from lipfd_desktop.engine.versions import versions
from lipfd_desktop.errors import Cancelled, FaceTooSmallError, NoFaceError, SettingsError
from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.decode import TOLERANCE
from lipfd_desktop.media.frames import FrameReader
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.network.config import CompactConfig
from lipfd_desktop.network.cost import gflop_per_window
from lipfd_desktop.network.scorer import Scorer
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    InputContract,
    Notice,
    Noticed,
    OnProgress,
    Plan,
    Reason,
    Started,
    WindowScores,
)
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import follow_faces
from lipfd_desktop.verdict import decide, summarise_faces
from lipfd_desktop.windows.assemble import MIN_FACE_HEIGHT, assemble_windows
from lipfd_desktop.windows.context import ContextContract, MotionHistory, with_context
from lipfd_desktop.windows.contracts import Contract, GuidedContract, OfficialContract
from lipfd_desktop.windows.official import WAV_RATE, build_official_spectrogram
from lipfd_desktop.windows.plan import make_plan

RUN_UP: Final = 1.0
"""Seconds: the placement of crops forgets how the tracking began within about a third of a second."""
RUN_OUT: Final = 0.5
"""Seconds: more than closing gaps and smoothing look ahead at 25 fps.  Both come on top of what a window of the
contract looks around itself."""


@dataclass(slots=True)
class _Run:
    """What one analysis gathers on its way."""

    request: AnalysisRequest
    scorer: Scorer
    on_progress: OnProgress
    is_cancelled: IsCancelled
    began: float = field(default_factory=perf_counter)
    notices: list[Notice] = field(default_factory=list)

    def notice(self, code: str, message: str) -> None:
        notice = Notice(code, message)
        self.notices.append(notice)
        self.on_progress(Noticed(notice))


def analyze(
    request: AnalysisRequest,
    opened: OpenFile,
    scorer: Scorer,
    *,
    on_progress: OnProgress,
    is_cancelled: IsCancelled,
) -> AnalysisResult:
    """Analyse one file.

    Parameters
    ----------
    opened
        The file of ``request``.
    scorer
        The loaded model; it decides the input contract.

    Returns
    -------
    AnalysisResult
        When ``is_cancelled`` says so in the middle, what was done until then, with ``cancelled`` set.

    Raises
    ------
    LipfdError
        With a sentence: see :mod:`lipfd_desktop.errors`.
    Cancelled
        Cancelled before the first frame was read, when there is nothing to keep.
    """
    started_at = datetime.now().astimezone().isoformat(timespec="seconds")
    run = _Run(request, scorer, on_progress, is_cancelled)
    info, times, sound = opened.info, opened.frame_times, opened.require_sound()
    plan = _plan(run, times)
    for notice in length_notices(sound, plan.start, plan.end) if request.time_range is None else ():
        run.notice(notice.code, notice.message)
    contract = _contract(run, info, sound, plan, frames_in_file=len(times))
    _drift_notice(run, opened, sound)
    on_progress(Started(plan, scorer.info, scorer.device))
    tracks, scores = TrackRecorder(on_progress), ScoreRecorder(plan, run.began, on_progress)
    cancelled = _score_windows(run, opened, plan, sound, contract, tracks, scores)
    result_scores, faces = scores.result(), tracks.result()
    if not cancelled:
        _refuse_if_nothing_was_seen(request, result_scores, {track.id for track in faces})
    _last_notices(run, opened)
    complete = not cancelled and not any(notice.code == "damaged" for notice in run.notices)
    threshold = scorer.info.threshold if request.threshold is None else request.threshold
    return AnalysisResult(
        request=request,
        media=info,
        sha256=opened.sha256,
        model=scorer.info,
        device=scorer.device,
        plan=plan,
        threshold=threshold,
        versions=versions(),
        started_at=started_at,
        processing_time=perf_counter() - run.began,
        tracks=faces,
        faces=summarise_faces(faces, result_scores),
        scores=result_scores,
        coverage=coverage_of(plan, tracks, result_scores, complete=complete),
        verdict=decide(
            result_scores,
            model=scorer.info,
            threshold=threshold,
            window_frames=plan.window_frames,
            tracks=faces,
            cancelled=cancelled,
        ),
        notices=tuple(run.notices),
        cancelled=cancelled,
    )


def _cut_short(opened: OpenFile) -> str:
    """How much earlier the pictures end than the file declares, when that is worth saying."""
    declared = opened.info.video.duration
    end = None if declared is None else opened.info.video.start + declared
    if end is None or end - opened.picture_end <= LENGTH_TOLERANCE:
        return ""
    return f"; its pictures break off at {opened.picture_end:.2f} s of a declared {end:.2f} s"


def _drift_notice(run: _Run, opened: OpenFile, sound: Sound) -> None:
    """Official strips are cut by frame count, as the authors do, so they drift where the lengths differ."""
    if run.scorer.config.input_contract is not InputContract.OFFICIAL:
        return
    start, end = float(opened.frame_times[0]), opened.picture_end
    apart = max(abs(sound.extent.start - start), abs(sound.extent.end - end))
    if apart > LENGTH_TOLERANCE:
        run.notice(
            "official-drift",
            f"Sound and picture of {opened.info.path.name} differ by up to {apart:.2f} s at their ends; the official "
            "contract cuts the sound by frame count, so its strips are off by up to as much.",
        )


def _last_notices(run: _Run, opened: OpenFile) -> None:
    info = run.scorer.info
    if not info.trained:
        run.notice(
            "untrained-model", f"{info.name} holds test weights that were never trained: its scores mean nothing."
        )
    if not opened.is_current:
        name = opened.info.path.name
        run.notice("file-changed", f"{name} was changed on disk since it was opened; analyse it again.")


def _plan(run: _Run, times: NDArray[np.float64]) -> Plan:
    config = run.scorer.config
    frames = config.window_frames if run.request.window_frames is None else run.request.window_frames
    if frames < 1:
        raise SettingsError(f"A window of {frames} frames is not possible; choose 1 or more.")
    if config.input_contract is not InputContract.GUIDED and frames != config.window_frames:
        raise SettingsError(
            f"The model {run.scorer.info.name} was made for windows of {config.window_frames} frames; "
            f"it cannot be given {frames}."
        )
    return make_plan(
        run.request,
        times,
        window_frames=frames,
        gflop_per_window=gflop_per_window(config, frames),
        device=run.scorer.device.name.partition(":")[0],
    )


def _contract(run: _Run, info: MediaInfo, sound: Sound, plan: Plan, *, frames_in_file: int) -> Contract[Any]:
    config = run.scorer.config
    if isinstance(config, CompactConfig):
        return ContextContract(sound.mel)
    if config.input_contract is InputContract.GUIDED:
        if config.mel_bands and config.mel_bands != len(sound.mel.frequencies):
            heard = listen(info, bands=config.mel_bands, is_cancelled=run.is_cancelled)
            if heard is None:
                raise no_audio(info.path)
            sound = heard
        return GuidedContract(sound.mel, side=config.region.crop_size, columns=4 * plan.window_frames)
    spectrogram = build_official_spectrogram(
        lambda: read_audio(info.path, sample_rate=WAV_RATE, is_cancelled=run.is_cancelled)
    )
    return OfficialContract(spectrogram, frames_total=frames_in_file)


def _score_windows(
    run: _Run,
    opened: OpenFile,
    plan: Plan,
    sound: Sound,
    contract: Contract[Any],
    tracks: TrackRecorder,
    scores: ScoreRecorder,
) -> bool:
    """Run the line to its end; True when it was cancelled on the way."""
    info, times = opened.info, opened.frame_times
    run.scorer.on_notice = lambda message: run.notice("device-memory", message)
    # Faces are followed from a little before the range to a little after it, so that a window has nearly the same
    # crops whether the range or the whole file is analysed.
    before, after = RUN_UP + contract.look_around, RUN_OUT + contract.look_around
    around = {"start": plan.start - before, "end": plan.end + after}
    with (
        FaceDetector() as detector,
        FrameReader(info.path, **around, frame_times=times, is_cancelled=run.is_cancelled) as reader,
    ):
        history = MotionHistory(plan.window_frames) if contract.look_around else None
        followed = follow_faces(reader, detector)
        inside = (
            tracked
            for tracked in (history.watch(followed) if history else followed)
            if plan.start - TOLERANCE <= tracked.frame.pts < plan.end - TOLERANCE
        )
        windows = assemble_windows(
            tracks.record(inside),
            contract,
            plan,
            times,
            sound=(sound.extent.start, sound.extent.end),
            only_face=run.request.face,
        )
        if history:
            windows = with_context(windows, history)
        try:
            with closing(windows):
                for batch in batches(windows, run.scorer.batch_size):
                    scores.add(batch, score_batch(run.scorer, batch))
                    if run.is_cancelled():
                        raise Cancelled
        except Cancelled:
            return True
        finally:
            tracks.flush()
        if reader.out_of_order:
            run.notice(
                "time-jumps",
                f"The time stamps of {info.path.name} jump back; {reader.out_of_order} frames whose time had passed "
                "already were left out.",
            )
        missing = max(plan.frames_total - tracks.frames, 0)
        to_the_end = plan.end >= opened.picture_end - TOLERANCE
        if missing or reader.errors or (reader.broke_off and to_the_end):
            run.notice(
                "damaged",
                f"{info.path.name} is damaged: {missing} of {plan.frames_total} frames are missing and "
                f"{reader.errors} packets could not be decoded{_cut_short(opened)}; what could be read was analysed.",
            )
    return False


def _refuse_if_nothing_was_seen(request: AnalysisRequest, scores: WindowScores, faces: set[int]) -> None:
    if request.face is not None and request.face not in faces:
        there = f"the faces in it are {', '.join(map(str, sorted(faces)))}" if faces else "no face was found in it"
        raise SettingsError(f"There is no face {request.face} in {request.path.name}; {there}.")
    where = "the chosen range" if request.time_range else "any frame"
    if not faces:
        raise NoFaceError(
            request.path,
            f"no face was found in {where}; LipFD needs a visible face, so choose a part that shows the speaker.",
        )
    with_a_face = {Reason(int(reason)) for reason in np.unique(scores.reason)} - {Reason.NO_FACE, Reason.FACE_LOST}
    if with_a_face == {Reason.FACE_TOO_SMALL}:
        raise FaceTooSmallError(
            request.path,
            f"every face is smaller than {MIN_FACE_HEIGHT} pixels from chin to forehead, too small to see the lips; "
            "use a copy with a higher resolution or a part where the speaker is closer.",
        )
