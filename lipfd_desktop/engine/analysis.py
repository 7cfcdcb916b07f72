"""The analysis itself: decode, follow faces, cut windows, score them, sum up."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.engine.judging import judge
from lipfd_desktop.engine.line import RUN_UP, Damage, Line
from lipfd_desktop.engine.numbering import in_order_of_appearance, of_one_face, renumbered, with_labels
from lipfd_desktop.engine.opening import LENGTH_TOLERANCE, OpenFile, Sound, length_notices, listen, no_audio
from lipfd_desktop.engine.recording import (
    ScoreRecorder,
    TrackRecorder,
    coverage_of,
)
from lipfd_desktop.engine.sections import Section, most_suspicious_first, section_of, sections, spread, whole
from lipfd_desktop.engine.versions import versions
from lipfd_desktop.errors import Cancelled, FaceTooSmallError, NoFaceError, SettingsError
from lipfd_desktop.language import mark
from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.decode import TOLERANCE, is_cheap_to_enter
from lipfd_desktop.network.config import CompactConfig, ModelConfig
from lipfd_desktop.network.cost import gflop_per_window
from lipfd_desktop.network.scorer import Scorer
from lipfd_desktop.network.speed import EFFICIENCY
from lipfd_desktop.notices import make_notice
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    InputContract,
    Notice,
    Noticed,
    OnProgress,
    Plan,
    Previewed,
    Reason,
    Started,
    WindowScores,
)
from lipfd_desktop.tracks.reunion import Reunion
from lipfd_desktop.verdict import summarise_faces
from lipfd_desktop.windows.assemble import MIN_FACE_HEIGHT
from lipfd_desktop.windows.context import ContextContract
from lipfd_desktop.windows.contracts import Contract, GuidedContract, OfficialContract
from lipfd_desktop.windows.official import WAV_RATE, build_official_spectrogram
from lipfd_desktop.windows.plan import make_plan

PREVIEW_RUN_UP: Final = 0.4
"""Seconds; enough for the smoothing of a placement on both sides."""
PREVIEWS: Final = 6
"""Windows of a first look: about a second each on two cores.  A fixed number, because it decides the order of sections,
and the order decides what faces are recognised by: equal files must give equal results."""
ENTERED_WITHIN: Final = 12.0
"""Seconds from a key frame to where decoding is to begin.  A file whose key frames are farther apart, or that cannot be
sought in, is read once from its start to its end."""


@dataclass(slots=True)
class _Run:
    """What one analysis gathers on its way."""

    request: AnalysisRequest
    scorer: Scorer
    on_progress: OnProgress
    is_cancelled: IsCancelled
    began: float = field(default_factory=perf_counter)
    notices: list[Notice] = field(default_factory=list)

    def notice(self, notice: Notice) -> None:
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
        run.notice(notice)
    contract = contract_of(scorer.config, opened, plan, is_cancelled)
    _drift_notice(run, opened, sound)
    on_progress(Started(plan, scorer.info, scorer.device))
    parts = _parts(opened, plan)
    line = Line(
        opened=opened,
        sound=sound,
        contract=contract,
        scorer=scorer,
        is_cancelled=is_cancelled,
        only_face=request.face if len(parts) == 1 else None,  # with several, ids are known in the end
    )
    reunion = Reunion()
    tell = with_labels(on_progress, reunion) if len(parts) > 1 else on_progress
    tracks, scores = TrackRecorder(tell), ScoreRecorder(plan, run.began, tell)
    cancelled = _score_windows(run, line, plan, parts, tracks, scores, reunion)
    result_scores, faces = scores.result(), tracks.result()
    if len(parts) > 1:
        persons = reunion.persons()
        named = replace(result_scores, face=renumbered(result_scores.face, persons))
        result_scores, faces = in_order_of_appearance(named, tracks.result(persons))
        if request.face is not None:
            result_scores = of_one_face(result_scores, request.face)
    if not cancelled:
        _refuse_if_nothing_was_seen(request, result_scores, {track.id for track in faces})
    _last_notices(run, opened)
    complete = not cancelled and not any(notice.code == "damaged" for notice in run.notices)
    threshold, verdict = judge(
        result_scores, request=request, model=scorer.info, plan=plan, tracks=faces, cancelled=cancelled
    )
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
        verdict=verdict,
        notices=tuple(run.notices),
        cancelled=cancelled,
    )


def _cut_short(opened: OpenFile) -> dict[str, float]:
    """Where the pictures end and where the file declares that they do, when they end that much earlier."""
    duration = opened.info.video.duration
    if duration is None:
        return {}
    declared = opened.info.video.start + duration
    if declared - opened.picture_end <= LENGTH_TOLERANCE:
        return {}
    return {"end": float(opened.picture_end), "declared": float(declared)}


def _drift_notice(run: _Run, opened: OpenFile, sound: Sound) -> None:
    """Official strips are cut by frame count, as the authors do, so they drift where the lengths differ."""
    if run.scorer.config.input_contract is not InputContract.OFFICIAL:
        return
    start, end = float(opened.frame_times[0]), opened.picture_end
    apart = max(abs(sound.extent.start - start), abs(sound.extent.end - end))
    if apart > LENGTH_TOLERANCE:
        run.notice(make_notice("official-drift", name=opened.info.path.name, seconds=float(apart)))


def _last_notices(run: _Run, opened: OpenFile) -> None:
    info = run.scorer.info
    if not info.trained:
        run.notice(make_notice("untrained-model", model=info.name))
    if not opened.is_current:
        run.notice(make_notice("file-changed", name=opened.info.path.name))


def _plan(run: _Run, times: NDArray[np.float64]) -> Plan:
    config = run.scorer.config
    frames = config.window_frames if run.request.window_frames is None else run.request.window_frames
    if frames < 1:
        raise SettingsError(mark("A window of {frames} frames is not possible; choose 1 or more."), frames=frames)
    if config.input_contract is not InputContract.GUIDED and frames != config.window_frames:
        raise SettingsError(
            mark("The model {model} was made for windows of {made_for} frames; it cannot be given {frames}."),
            model=run.scorer.info.name,
            made_for=config.window_frames,
            frames=frames,
        )
    return make_plan(
        run.request,
        times,
        window_frames=frames,
        seconds_per_window=(
            gflop_per_window(config, frames) / (EFFICIENCY * run.scorer.gflops) if run.request.stride is None else 0.0
        ),
    )


def contract_of(config: ModelConfig, opened: OpenFile, plan: Plan, is_cancelled: IsCancelled) -> Contract[Any]:
    """How the windows of a plan become input of a network; raises as :meth:`OpenFile.require_sound`."""
    info, sound = opened.info, opened.require_sound()
    if isinstance(config, CompactConfig):
        return ContextContract(sound.mel)
    if config.input_contract is InputContract.GUIDED:
        if config.mel_bands and config.mel_bands != len(sound.mel.frequencies):
            heard = listen(info, bands=config.mel_bands, is_cancelled=is_cancelled)
            if heard is None:
                raise no_audio(info.path)
            sound = heard
        return GuidedContract(sound.mel, side=config.region.crop_size, columns=4 * plan.window_frames)
    spectrogram = build_official_spectrogram(
        lambda: read_audio(info.path, sample_rate=WAV_RATE, is_cancelled=is_cancelled)
    )
    return OfficialContract(spectrogram, frames_total=len(opened.frame_times))


def _parts(opened: OpenFile, plan: Plan) -> list[Section]:
    """What is analysed one after the other, in time order."""
    parts = sections(plan, opened.frame_times)
    middle = (plan.start + plan.end) / 2
    if len(parts) > 1 and not is_cheap_to_enter(opened.info.path, middle, ENTERED_WITHIN):
        return [whole(plan, opened.frame_times)]
    return parts


def _score_windows(
    run: _Run,
    line: Line,
    plan: Plan,
    parts: list[Section],
    tracks: TrackRecorder,
    scores: ScoreRecorder,
    reunion: Reunion,
) -> bool:
    """Run the line to its end; True when it was cancelled on the way."""
    run.scorer.on_notice = run.notice
    try:
        ordered = most_suspicious_first(parts, _look_all_over(run, line, plan)) if len(parts) > 1 else parts
        # Faces are followed from a little before a section to a little after it, so that a window has nearly the
        # same crops wherever a section, or the range that was asked for, begins.
        with closing(line.run(ordered, RUN_UP)) as stretches:
            for stretch, raw in stretches:
                own = stretch.section.own_frames
                reunion.meet(own, stretch.frames, stretch.looks)
                tracks.record([frame for frame in stretch.frames if frame.index in own])
                if stretch.windows:
                    scores.add(stretch.windows, raw)
    except Cancelled:
        return True
    _damage_notices(run, line, plan, tracks, parts=len(parts))
    return False


def _look_all_over(run: _Run, line: Line, plan: Plan) -> WindowScores:
    """Scores of :data:`PREVIEWS` windows that lie evenly over a long file."""
    looked = WindowScores.empty(plan.window_frames)
    glances = [
        section_of(plan, line.opened.frame_times, place, place + 1)
        for place in islice(spread(plan.windows_total), PREVIEWS)
    ]
    with closing(replace(line, damage=Damage()).run(glances, PREVIEW_RUN_UP)) as stretches:
        for stretch, raw in stretches:
            seen = ScoreRecorder(plan, run.began, lambda _event: None)
            seen.add(stretch.windows, raw)
            looked = WindowScores.concatenate([looked, seen.result()])
            run.on_progress(Previewed(looked))
    return looked


def _damage_notices(run: _Run, line: Line, plan: Plan, tracks: TrackRecorder, *, parts: int) -> None:
    name, damage = line.opened.info.path.name, line.damage
    # What several sections decoded is counted by each of them, so that there were at most so many.
    if damage.out_of_order:
        late = {"frames" if parts == 1 else "most_frames": damage.out_of_order}
        run.notice(make_notice("time-jumps", name=name, **late))
    missing = max(plan.frames_total - tracks.frames, 0)
    to_the_end = plan.end >= line.opened.picture_end - TOLERANCE
    if missing or damage.errors or (damage.broke_off and to_the_end):
        lost = {"packets" if parts == 1 else "most_packets": damage.errors}
        run.notice(
            make_notice(
                "damaged", name=name, missing=missing, planned=plan.frames_total, **lost, **_cut_short(line.opened)
            )
        )


def _refuse_if_nothing_was_seen(request: AnalysisRequest, scores: WindowScores, faces: set[int]) -> None:
    if request.face is not None and request.face not in faces:
        if not faces:
            raise SettingsError(
                mark("There is no face {face} in {name}; no face was found in it."),
                face=request.face,
                name=request.path.name,
            )
        raise SettingsError(
            mark("There is no face {face} in {name}; the faces in it are {faces}."),
            face=request.face,
            name=request.path.name,
            faces=tuple(sorted(faces)),
        )
    if not faces and request.time_range:
        raise NoFaceError(
            request.path,
            mark(
                "no face was found in the chosen range; LipFD needs a visible face, so choose a part that shows the "
                "speaker."
            ),
        )
    if not faces:
        raise NoFaceError(
            request.path,
            mark(
                "no face was found in any frame; LipFD needs a visible face, so choose a part that shows the speaker."
            ),
        )
    with_a_face = {Reason(int(reason)) for reason in np.unique(scores.reason)} - {Reason.NO_FACE, Reason.FACE_LOST}
    if with_a_face == {Reason.FACE_TOO_SMALL}:
        raise FaceTooSmallError(
            request.path,
            mark(
                "every face is smaller than {height} pixels from chin to forehead, too small to see the lips; use a "
                "copy with a higher resolution or a part where the speaker is closer."
            ),
            height=MIN_FACE_HEIGHT,
        )
