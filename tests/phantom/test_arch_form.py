"""Drawn arches stand in order, touch or gap as asked, and are the same for the same seed."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from oral_architect.phantom.arch_form import ArchFormSettings, DrawnArch, draw_arch, draw_form
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw
from small_patient import FULL

QUIET = FULL.model_copy(update={"crowded_rate": 0.0})
JAWS: tuple[Jaw, ...] = ("upper", "lower")


@cache
def drawn(jaw: Jaw, seed: int, settings: ArchFormSettings = QUIET) -> DrawnArch:
    return draw_arch(jaw, np.random.default_rng(seed), settings)


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_teeth_run_from_right_to_left_with_their_crowns_outward(jaw: Jaw, seed: int) -> None:
    arch = drawn(jaw, seed)
    order = [t.fdi for t in arch.present]
    assert order == [t for t in numbers.arch(jaw) if numbers.position(t) < 8]
    across = [t.pose[0, 3] for t in arch.present]
    assert across == sorted(across), "+x is the patient's left"
    occlusal = -1.0 if jaw == "upper" else 1.0
    for tooth in arch.present:
        assert tooth.mesh.is_watertight
        assert tooth.mesh.volume_mm3 > 30
        assert tooth.pose[2, 2] * occlusal > 0.5
        rotation = tooth.pose[:3, :3]
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("jaw", JAWS)
def test_neighbours_touch_when_nothing_is_spaced_or_crowded(jaw: Jaw) -> None:
    from oral_architect.geometry.closest import Surface

    teeth = drawn(jaw, 4).present
    for left, right in pairwise(teeth):
        gap = Surface(left.mesh).signed_distance_mm(right.mesh.vertices).min()
        assert -0.6 < gap < 0.35, (left.fdi, right.fdi)


def test_the_same_seed_gives_the_same_arch_and_another_seed_another() -> None:
    first = draw_arch("upper", np.random.default_rng(5), QUIET)
    second = draw_arch("upper", np.random.default_rng(5), QUIET)
    for a, b in zip(first.present, second.present, strict=True):
        assert a.mesh.vertices.tobytes() == b.mesh.vertices.tobytes()
    other = draw_arch("upper", np.random.default_rng(6), QUIET)
    assert not np.allclose(first.present[0].mesh.vertices, other.present[0].mesh.vertices)


def test_every_tooth_is_present_or_absent_once() -> None:
    often = FULL.model_copy(
        update={"missing_rate": 1.0, "third_molar_rate": 0.5, "unerupted_rate": 0.5, "extraction_rate": 0.5}
    )
    for seed in range(4):
        arch = draw_arch("lower", np.random.default_rng(seed), often)
        there, gone = {t.fdi for t in arch.present}, {t.fdi for t in arch.absent}
        assert there | gone == set(numbers.arch("lower"))
        assert not there & gone
        assert gone
        assert arch.closed <= gone


def test_a_spaced_arch_is_longer_than_a_closed_one() -> None:
    wide = FULL.model_copy(update={"spaced_rate": 1.0, "crowded_rate": 0.0})
    length = {
        name: [np.linalg.norm(np.diff([t.pose[:2, 3] for t in drawn("upper", s, kind).present], axis=0), axis=1).sum()
               for s in range(3)]
        for name, kind in (("closed", QUIET), ("spaced", wide))
    }  # fmt: skip
    assert np.mean(length["spaced"]) > np.mean(length["closed"]) + 1.0


def test_both_jaws_of_a_mouth_share_its_form() -> None:
    form = draw_form(np.random.default_rng(1), FULL.model_copy(update={"crown_stretch": (1.3, 1.3)}))
    assert form.stretch == 1.3
    long = draw_arch("upper", np.random.default_rng(2), QUIET, form)
    assert np.mean([t.stretch for t in long.present]) > 1.1


def test_the_margin_lies_on_the_crown() -> None:
    for tooth in drawn("lower", 0).present[::4]:
        on = tooth.mesh.vertices[tooth.model.margin]
        np.testing.assert_allclose(tooth.margin_mm, on, atol=1e-9)
