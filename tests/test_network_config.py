from __future__ import annotations

import json
from typing import Any

import pytest
from network_support import tiny_config

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.network.config import OFFICIAL_NETWORK, NetworkConfig, config_from_json, config_names, load_config


def data(**changes: Any) -> dict[str, Any]:
    """The tiny guided configuration; ``encoder__width=3`` changes an inner value."""
    plain = json.loads(json.dumps(tiny_config().to_json()))
    for key, value in changes.items():
        *outer, last = key.split("__")
        table = plain[outer[0]] if outer else plain
        table[last] = value
    return plain


@pytest.mark.parametrize("name", config_names())
def test_bundled_configurations_survive_json(name: str) -> None:
    config = load_config(name)
    assert config.name == name
    assert config_from_json(json.loads(json.dumps(config.to_json()))) == config


def test_the_authors_network() -> None:
    config = load_config(OFFICIAL_NETWORK)
    assert config.input_contract == "official"
    assert config.global_size == 1120
    assert config.window_frames == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window_frames": 0}, "window_frames"),
        ({"window_frames": True}, "window_frames"),
        ({"window_frames": 2.5}, "window_frames"),
        ({"input_contract": "both"}, "official or guided"),
        ({"name": ""}, "name"),
        ({"stem": 1}, "stem"),
        ({"mel_bands": None}, "mel_bands"),
        ({"input_contract": "official"}, "null under the official contract"),
        ({"encoder": 3}, "encoder must be an object"),
        ({"encoder__width": "wide"}, 'not "wide"'),
        ({"encoder__width": 10**9}, "width"),
        ({"encoder__heads": 3}, "a divisor of width 16"),
        ({"encoder__patch_size": 7}, "a divisor of image_size 40"),
        ({"encoder__mlp_ratio": float("nan")}, "mlp_ratio"),
        ({"encoder__quick_gelu": 1}, "true or false"),
        ({"encoder__colour": 1}, "unknown keys: colour"),
        ({"region__block": "dense"}, "basic or bottleneck"),
        ({"region__depths": []}, "depths"),
        ({"region__depths": [1, "1"]}, "depths"),
        ({"region__widths": [4]}, "as long as depths"),
    ],
)
def test_bad_values_get_a_sentence(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match="network configuration") as caught:
        NetworkConfig.from_json(data(**changes))
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_missing_keys_are_named() -> None:
    incomplete = data()
    del incomplete["region"], incomplete["stem"]
    with pytest.raises(SettingsError, match="lacks region, stem"):
        NetworkConfig.from_json(incomplete)


def test_an_unknown_configuration_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=OFFICIAL_NETWORK):
        load_config("../secrets")
