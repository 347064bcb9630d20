"""Constructed crowns of milk teeth and teeth too many are closed, have the published sizes and mirror each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import SettingsError
from oral_architect.reference import find
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.deciduous import deciduous_model, model_of
from oral_architect.teeth.shape_model import crown_model
from oral_architect.teeth.supernumerary import FORMS, Form, supernumerary_model

RIGHT = tuple(t for t in numbers.DECIDUOUS if not numbers.is_left(t))


@pytest.mark.parametrize("fdi", RIGHT)
def test_a_milk_tooth_has_the_published_size_and_neck(fdi: int) -> None:
    row, model = find("tooth_dimensions", fdi=str(fdi)), deciduous_model(fdi)
    size = [row.need(name) for name in ("md_mm", "bl_mm", "crown_length_mm")]
    np.testing.assert_allclose(np.ptp(model.mean, axis=0), size, atol=0.1)
    neck = np.ptp(model.mean[model.margin], axis=0)[:2]
    np.testing.assert_allclose(neck, [row.need("md_cervix_mm"), row.need("bl_cervix_mm")], atol=0.5)


@pytest.mark.parametrize("fdi", [t for t in RIGHT if numbers.is_molar(t)])
def test_a_milk_molar_bulges_above_its_neck_and_has_a_narrow_table(fdi: int) -> None:
    points = deciduous_model(fdi).mean
    t = (points[:, 2] - points[:, 2].min()) / np.ptp(points[:, 2])
    width = [np.ptp(points[(t > low) & (t < low + 0.15), 1]) for low in (0.3, 0.8)]
    assert width[1] < 0.8 * width[0]
    buccal = points[points[:, 1] > 0]
    place = (buccal[np.argmax(buccal[:, 1]), 2] - points[:, 2].min()) / np.ptp(points[:, 2])
    assert place < 0.55, "the widest place of the buccal wall lies in its cervical half"


@pytest.mark.parametrize("fdi", RIGHT)
def test_milk_twins_mirror_each_other(fdi: int) -> None:
    own, twin = deciduous_model(fdi), deciduous_model(numbers.mirror(fdi))
    draw = np.linspace(-1, 1, len(own.modes))
    here = own.crown(draw).transformed(own.arch_pose)
    there = twin.crown(draw).transformed(twin.arch_pose)
    np.testing.assert_allclose(here.vertices * [-1, 1, 1], there.vertices, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(fdi=st.sampled_from(numbers.DECIDUOUS), seed=st.integers(0, 2**32 - 1))
def test_every_drawn_milk_crown_is_closed_and_faces_outwards(fdi: int, seed: int) -> None:
    model = deciduous_model(fdi)
    draw = np.clip(np.random.default_rng(seed).standard_normal(len(model.modes)), -2.5, 2.5)
    crown = model.crown(draw).transformed(model.arch_pose)
    assert crown.is_watertight
    assert 10 < crown.volume_mm3 < 450


@pytest.mark.parametrize("fdi", RIGHT)
def test_a_milk_tooth_stands_where_its_successor_will_and_a_little_lower(fdi: int) -> None:
    model, later = deciduous_model(fdi), crown_model(fdi - 40)
    assert np.linalg.norm(model.arch_pose[:2, 3] - later.arch_pose[:2, 3]) < 3.0
    occlusal = -1.0 if numbers.jaw_of(fdi) == "upper" else 1.0
    own, other = (m.crown().transformed(m.arch_pose).vertices[:, 2].max() if occlusal > 0 else
                  -m.crown().transformed(m.arch_pose).vertices[:, 2].min() for m in (model, later))  # fmt: skip
    assert -1.5 < own - other < 0.5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fdi", numbers.SUPERNUMERARY)
def test_a_tooth_too_many_is_a_closed_crown_smaller_than_what_it_is_made_from(fdi: int, form: Form) -> None:
    model = supernumerary_model(fdi, form)
    crown = model.crown().transformed(model.arch_pose)
    assert crown.is_watertight
    assert 20 < crown.volume_mm3 < 300
    assert model.fdi == fdi
    assert (model.arch_pose[0, 3] > 0) == numbers.is_left(fdi)


def test_a_peg_comes_to_a_point() -> None:
    points = supernumerary_model(19, "conical").mean
    high = points[points[:, 2] > np.quantile(points[:, 2], 0.93)]
    assert np.ptp(high[:, :2], axis=0).max() < 0.55 * np.ptp(points[:, 0])


def test_other_numbers_are_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="not a milk tooth"):
        deciduous_model(16)
    with pytest.raises(SettingsError, match="not a supernumerary tooth"):
        supernumerary_model(18, "conical")
    assert model_of(16) is crown_model(16)
    assert model_of(75) is deciduous_model(75)
