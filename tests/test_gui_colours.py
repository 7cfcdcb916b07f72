"""Data colours that colour-blind people can tell apart, and words that can be read, in dark and light."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from lipfd_desktop.gui import theme
from lipfd_desktop.report import palette

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# IEEE TVCG 15(6): the matrices for severity 1.0, which apply to linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)
SCHEMES = {"dark": theme.DARK, "light": theme.LIGHT}
LEAST_DISTANCE = 12.0
"""CIELAB (1976); 2.3 is just noticeable side by side, and thin lines need several times that."""
LEAST_FOR_GRAPHICS = 3.0
"""Of a curve against its background (WCAG 2.1, 1.4.11)."""


def linear(colour: str) -> NDArray[np.float64]:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str) -> NDArray[np.float64]:
    seen = np.clip(VISION[vision] @ linear(colour), 0, 1)
    ratio = XYZ @ seen / WHITE
    bent = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


def contrast(one: str, other: str) -> float:
    """Ratio of luminances as WCAG 2 defines it."""
    light, dark = sorted((float(XYZ[1] @ linear(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_simulation_knows_what_colour_blind_people_confuse() -> None:
    red, green = "#F41300", "#24C000"
    assert np.linalg.norm(lab(red, "normal") - lab(green, "normal")) > 3 * LEAST_DISTANCE
    assert np.linalg.norm(lab(red, "deuteranopia") - lab(green, "deuteranopia")) < LEAST_DISTANCE


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(
    "colours",
    [theme.FACE_COLOURS, theme.TIER_COLOURS, tuple(palette.TIER_COLOURS.values()),
     (*palette.FACES, palette.OTHER_FACES), tuple(colour for _, colour in palette.QUESTIONS),
     tuple(theme.PATH_COLOURS.values())],
    ids=["faces", "tiers", "tiers of reports", "faces of reports", "questions", "paths"],
)  # fmt: skip
def test_colours_that_stand_together_differ_for_everybody(colours: tuple[str, ...], vision: str) -> None:
    """Also from that of the threshold and of what reaches it, which any of them may cross."""
    distances = {
        (one, other): float(np.linalg.norm(lab(one, vision) - lab(other, vision)))
        for one, other in combinations((*colours, palette.SUSPICIOUS), 2)
    }
    assert {pair: distance for pair, distance in distances.items() if distance < LEAST_DISTANCE} == {}


def test_window_and_reports_have_the_same_hues() -> None:
    assert theme.TIER_COLOURS[1:] == tuple(palette.TIER_COLOURS.values())[1:]
    assert theme.FACE_COLOURS[1] == palette.FACES[1]
    assert set(theme.FACE_COLOURS[1:4]) == set(palette.FACES[1:4])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_curves_stand_out_from_their_background(scheme: str) -> None:
    plot = SCHEMES[scheme].plot
    drawn = {*theme.FACE_COLOURS, *theme.TIER_COLOURS, palette.SUSPICIOUS, *(c for _, c in palette.QUESTIONS)}
    assert {colour for colour in drawn if contrast(colour, plot) < LEAST_FOR_GRAPHICS} == set()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_can_be_read(scheme: str) -> None:
    colours = SCHEMES[scheme]
    pairs = {
        f"{words} on {surface}": contrast(getattr(colours, words), getattr(colours, surface))
        for words in ("text", "muted")
        for surface in ("window", "panel", "plot", "raised")
    }
    pairs["selected"] = contrast(colours.accent_text, colours.accent)
    pairs["banner"] = contrast("#ffffff", colours.danger)
    assert {name: ratio for name, ratio in pairs.items() if ratio < 4.5} == {}
