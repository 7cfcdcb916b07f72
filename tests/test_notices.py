"""Notices: English in the record, and the same facts in other languages."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from lipfd_desktop import notices
from lipfd_desktop.engine.opening import no_audio
from lipfd_desktop.language import LANGUAGES, speaking
from lipfd_desktop.notices import make_notice, say
from lipfd_desktop.result import Notice

EVERY = [
    make_notice("no-audio", name="a.mp4"),
    make_notice("silent-audio", name="a.mp4"),
    make_notice("audio-starts-late", seconds=0.75),
    make_notice("audio-ends-early", seconds=0.75),
    make_notice("audio-longer", seconds=0.75),
    make_notice("official-drift", name="a.mp4", seconds=0.75),
    make_notice("untrained-model", model="mine"),
    make_notice("file-changed", name="a.mp4"),
    make_notice("device-memory", device="cuda", windows=8),
    make_notice("time-jumps", name="a.mp4", frames=3),
    make_notice("time-jumps", name="a.mp4", most_frames=3),
    make_notice("damaged", name="a.mp4", missing=2, planned=90, packets=5),
    make_notice("damaged", name="a.mp4", missing=2, planned=90, most_packets=5),
    make_notice("damaged", name="a.mp4", missing=2, planned=90, packets=5, end=3.0, declared=3.6),
    make_notice("damaged", name="a.mp4", missing=2, planned=90, most_packets=5, end=3.0, declared=3.6),
]


def test_no_notice_is_forgotten_here() -> None:
    assert {notice.code for notice in EVERY} == set(notices._SENTENCES)
    assert len(EVERY) == sum(len(sentences) for sentences in notices._SENTENCES.values())


@pytest.mark.parametrize("notice", EVERY, ids=lambda notice: notice.code)
def test_a_notice_is_said_in_every_language_with_all_that_it_names(notice: Notice) -> None:
    assert say(notice) == notice.message
    said = set()
    for language in LANGUAGES:
        with speaking(language):
            said.add(say(notice))
            named = {f"{value:.2f}" if isinstance(value, float) else str(value) for value in notice.fields.values()}
            assert [value for value in named if value not in say(notice)] == []
            assert make_notice(notice.code, **notice.fields) == notice  # the record is English in every language
    assert len(said) == len(LANGUAGES)


def test_the_notice_of_a_file_without_sound_says_what_its_error_says() -> None:
    assert EVERY[0].message == str(no_audio(Path("/somewhere/a.mp4")))


@pytest.mark.parametrize(
    "notice",
    [
        Notice("audio-longer", "As an older program wrote it."),
        Notice("of-a-newer-program", "As a newer program wrote it.", {"name": "a.mp4"}),
        dataclasses.replace(EVERY[4], message="With a text for a number.", fields={"seconds": "{0}" * 3}),
        dataclasses.replace(EVERY[4], message="With other fields.", fields={"seconds": 1.0, "name": "a"}),
    ],
)
def test_what_cannot_be_said_again_stays_english(notice: Notice) -> None:
    with speaking("de"):
        assert say(notice) == notice.message
