from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from evaluation_support import made_store, made_table, with_foreign_sound
from network_support import tiny_card, tiny_config, tiny_model

from lipfd_desktop.cli.main import main
from lipfd_desktop.errors import DatasetError, SettingsError
from lipfd_desktop.evaluation.baselines import baselines, lip_loudness_correlation
from lipfd_desktop.evaluation.scoring import guided_crops, score_clips
from lipfd_desktop.evaluation.table import ScoreTable, read_table, write_table
from lipfd_desktop.network.card import ModelCard, rule_from_json
from lipfd_desktop.network.checkpoint import save_safetensors
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.network.scorer import load_scorer
from lipfd_desktop.tracks.pose import FacePose
from lipfd_desktop.windows.context import FaceImages, stack_context
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, HEAD_IMAGE, HEAD_SIDE, crop_tier, crop_tiers


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return made_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_safetensors(path, tiny_model("context"), tiny_card("context", trained=True))
    return path


@pytest.fixture(scope="module")
def scorer(checkpoint):
    return load_scorer(checkpoint, "cpu")


def test_every_window_of_every_clip_is_scored_as_the_network_scores_it(store, scorer):
    table = score_clips(store.clips, scorer, stride=15)
    assert set(table.clip.tolist()) == {clip.id for clip in store.clips}
    clip = store.clips[0]
    own = table.take(table.clip == clip.id)
    assert own.first_frame.tolist() == [0, 15, 30, 45]
    assert own.start == pytest.approx(np.array([0, 15, 30, 45]) / 25)
    assert own.end - own.start == pytest.approx(5 / 25)
    raw = scorer.score_context(*stack_context([clip.window(15)]))
    assert own.generated[1] == pytest.approx(raw.generated[0], abs=1e-5)
    assert own.foreign_sound[1] == pytest.approx(raw.foreign_sound[0], abs=1e-5)
    assert own.score[1] == pytest.approx(raw.score[0], abs=1e-5)


def test_foreign_sound_changes_what_is_heard_and_nothing_else(store, scorer):
    variants = ("sound:swap", "sound:silence", "sound:shift:0.5")
    table = score_clips(store.clips, scorer, stride=20, variants=variants)
    plain = table.of_variant("")
    real = plain.take(plain.label == 0)
    for variant in variants:
        other = table.of_variant(variant)
        assert other.clip.tolist() == real.clip.tolist()
        assert other.first_frame.tolist() == real.first_frame.tolist()
    assert np.isnan(table.of_variant("sound:silence").foreign_sound).all()
    for variant in ("sound:swap", "sound:shift:0.5"):
        assert not np.allclose(table.of_variant(variant).foreign_sound, real.foreign_sound, atol=1e-4)


def test_the_order_of_clips_changes_no_score(store, scorer):
    one, other = (
        score_clips(clips, scorer, stride=40, variants=("sound:swap",)) for clips in (store.clips, store.clips[::-1])
    )
    places = [np.lexsort((table.first_frame, table.variant, table.clip)) for table in (one, other)]
    np.testing.assert_allclose(one.take(places[0]).score, other.take(places[1]).score, atol=1e-5)


def test_the_same_seed_swaps_in_the_same_sound(store, scorer):
    one, same, other = (
        score_clips(store.clips, scorer, stride=40, variants=("sound:swap",), seed=seed).of_variant("sound:swap")
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.foreign_sound, same.foreign_sound)
    assert not np.array_equal(one.foreign_sound, other.foreign_sound)


def test_perturbed_pictures_change_the_answer_about_the_picture(store, scorer):
    variant = "perturbation:Gaussian noise:5"
    table = score_clips(store.clips[:2], scorer, stride=20, variants=(variant,))
    plain, noisy = table.of_variant(""), table.of_variant(variant)
    assert noisy.clip.tolist() == plain.clip.tolist()
    assert not np.allclose(noisy.generated, plain.generated, atol=1e-3)
    assert noisy.foreign_sound == pytest.approx(plain.foreign_sound, abs=0.5)


def _guided_checkpoint(path, bands: int | None) -> None:
    config = tiny_config("guided")
    config = config if bands is None else replace(config, mel_bands=bands)
    torch.manual_seed(0)
    model = LipFD(config).eval()
    save_safetensors(path, model, ModelCard(name="guided", config=config, trained=True))


def test_guided_models_see_three_tiers_cut_from_stored_images(store, tmp_path):
    _guided_checkpoint(tmp_path / "guided.safetensors", 80)
    table = score_clips(store.clips[:2], load_scorer(tmp_path / "guided.safetensors", "cpu"), stride=20)
    assert len(table) == 6
    assert np.isfinite(table.score).all()
    assert np.isnan(table.generated).all()
    assert np.isnan(table.foreign_sound).all()


def test_guided_crops_from_stored_images_look_like_those_from_the_frame():
    rows, columns = np.mgrid[0:480, 0:640]
    frame = np.stack([rows * 255 / 480, columns * 255 / 640, 127 + 100 * np.sin(rows / 30 + columns / 40)], axis=-1)
    frame = frame.astype(np.uint8)
    pose = FacePose(np.array([320.0, 200.0]), np.array([310.0, 268.0]), 66.0, 0.2)
    images = FaceImages(crop_tier(frame, pose, FACE_IMAGE, FACE_SIDE), crop_tier(frame, pose, HEAD_IMAGE, HEAD_SIDE))
    direct, stored = crop_tiers(frame, pose, 64), guided_crops(images, pose, 64)
    assert stored.shape == direct.shape
    assert np.abs(stored.astype(int) - direct).mean() < 1.5
    assert np.abs(stored[0].astype(int) - direct[2]).mean() > 10  # the tiers do differ


def test_models_that_a_store_cannot_feed_are_refused(store, tmp_path, scorer):
    _guided_checkpoint(tmp_path / "guided.safetensors", None)
    with pytest.raises(SettingsError, match="64 mel bands"):
        score_clips(store.clips, load_scorer(tmp_path / "guided.safetensors", "cpu"))
    save_safetensors(tmp_path / "official.safetensors", tiny_model("official"), tiny_card("official"))
    with pytest.raises(SettingsError, match="whole frames"):
        score_clips(store.clips, load_scorer(tmp_path / "official.safetensors", "cpu"))
    with pytest.raises(SettingsError, match="stride"):
        score_clips(store.clips, scorer, stride=0)


def test_nothing_to_score_and_nobody_to_swap_with(store, scorer, tmp_path):
    short = made_store(tmp_path, clips=1, frames=4)
    with pytest.raises(DatasetError, match="No clip has a window"):
        score_clips(short.clips, scorer)
    with pytest.raises(DatasetError, match="one speaker"):
        score_clips(store.clips[:1], scorer, variants=("sound:swap",))


def test_lips_that_follow_the_sound_correlate(store):
    assert all(lip_loudness_correlation(clip) > 0.8 for clip in store.clips)


def test_baselines_cover_the_clips(store):
    done = []
    found = {one.name: one for one in baselines(store.clips, on_clip=lambda: done.append(1))}
    assert len(done) == len(store.clips)
    assert len(found) == 4
    for baseline in found.values():
        assert baseline.clip.tolist() == [clip.id for clip in store.clips]
        assert np.isfinite(baseline.score).all()
    assert (found["lip opening against loudness"].score < -0.8).all()  # well correlated speaks for a real clip


def test_evaluating_a_store_on_the_command_line(store, checkpoint, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["--data", str(store.folder), "--model", str(checkpoint), "--stride", "20", "--listen", "--quiet"]
    assert main(["evaluate", *arguments, "--out", str(out), "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert "AUC of clips" in printed
    assert "baseline: lip sharpness" in printed
    assert "fpr" in printed
    table = read_table(out / "scores.csv")
    assert "sound:shift:0.1" in table.variants
    document = json.loads((out / "evaluation.json").read_text())
    assert document["model"]["name"] == "tiny"
    assert (out / "evaluation.html").read_text().startswith("<!DOCTYPE html>")


def test_evaluating_and_calibrating_a_table_on_the_command_line(tmp_path, capsys):
    table = made_table(clips=60, windows=24, two_questions=True)
    write_table(ScoreTable.concatenate([table, with_foreign_sound(table, 3.0)]), tmp_path / "oof.csv")
    arguments = ["evaluate", "--scores", str(tmp_path / "oof.csv"), "--calibrate", "Made-up clips."]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    rule = rule_from_json(json.loads((tmp_path / "out" / "rule.json").read_text()))
    assert rule.corpus == "Made-up clips."
    assert rule.foreign_sound is not None
    assert "This model listens" in capsys.readouterr().out
    with (tmp_path / "out" / "clips.csv").open() as file:
        assert {row["variant"] for row in csv.DictReader(file)} == {"", "sound:swap"}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "Nothing to evaluate"),
        (["--scores", "none.csv"], "none.csv: the scores cannot be read"),
        (["--scores", "none.csv", "--listen"], "--listen needs a model"),
        (["--data", "no such store"], "no such store"),
        (["--scores", "none.csv", "--out", __file__], "this is a file"),
    ],
)
def test_usage_that_cannot_be_is_refused_in_one_line(arguments, part, capsys):
    assert main(["evaluate", *arguments]) == 2
    error = capsys.readouterr().err
    assert part in error
    assert error.count("\n") == 1


def test_help_of_evaluate(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", "--help"])
    assert caught.value.code == 0
    assert "--perturb" in capsys.readouterr().out
