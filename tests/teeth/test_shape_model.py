"""The shape model gives closed, outward, anatomically placed crowns whose twins mirror each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import SettingsError
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import THIRD_MOLAR_SIZE, crown_model, size_covariance

RIGHT = tuple(t for t in numbers.PERMANENT if not numbers.is_left(t))


@pytest.mark.parametrize("fdi", RIGHT)
def test_twins_mirror_each_other(fdi: int) -> None:
    own, twin = crown_model(fdi), crown_model(numbers.mirror(fdi))
    draw = np.linspace(-1, 1, len(own.modes))
    here = own.crown(draw).transformed(own.arch_pose)
    there = twin.crown(draw).transformed(twin.arch_pose)
    np.testing.assert_allclose(here.vertices * [-1, 1, 1], there.vertices, atol=1e-9)
    assert here.volume_mm3 == pytest.approx(there.volume_mm3)


@settings(max_examples=25, deadline=None)
@given(fdi=st.sampled_from(numbers.PERMANENT), seed=st.integers(0, 2**32 - 1), size=st.floats(0.75, 1.3))
def test_every_drawn_crown_is_closed_and_faces_outwards(fdi: int, seed: int, size: float) -> None:
    model = crown_model(fdi)
    draw = np.clip(np.random.default_rng(seed).standard_normal(len(model.modes)), -2.5, 2.5)
    crown = model.crown(draw, size)
    assert crown.is_watertight
    assert 40 < crown.volume_mm3 / size**3 < 1500
    assert crown.transformed(model.arch_pose).volume_mm3 == pytest.approx(crown.volume_mm3)


@pytest.mark.parametrize("fdi", RIGHT)
def test_the_margin_is_one_closed_loop_on_the_crown_above_its_base(fdi: int) -> None:
    model = crown_model(fdi)
    loop = model.margin
    assert len(loop) > 20
    assert len(set(loop.tolist())) == len(loop), "each vertex once"
    around = model.mean[loop]
    edges = {(int(a), int(b)) for a, b in model.crown().edge_table[0]}
    pairs = np.sort(np.stack([loop, np.roll(loop, -1)], axis=1), axis=1)
    assert {(int(a), int(b)) for a, b in pairs} <= edges, "along the crown's own edges, the last to the first included"
    turned = np.unwrap(np.arctan2(*(np.r_[around, around[:1]] - around.mean(0))[:, 1::-1].T))
    assert abs(abs(turned[-1] - turned[0]) - 2 * np.pi) < 1e-6, "once around the tooth's axis"
    assert model.mean[~model.base, 2].mean() > around[:, 2].mean()


@pytest.mark.parametrize("fdi", RIGHT)
def test_modes_are_independent_and_fall_in_strength(fdi: int) -> None:
    modes = crown_model(fdi).mode_matrix
    length = np.linalg.norm(modes, axis=0)
    alike = (modes.T @ modes) / np.outer(length, length) - np.eye(len(length))
    assert np.abs(alike).max() < 0.05
    assert (np.diff(length) < 1e-3 * length[0]).all()


@pytest.mark.parametrize("fdi", [18, 28, 38, 48])
def test_a_third_molar_is_a_smaller_second_molar_behind_it(fdi: int) -> None:
    third, second, first = crown_model(fdi), crown_model(fdi - 1), crown_model(fdi - 2)
    np.testing.assert_allclose(third.mean, second.mean * THIRD_MOLAR_SIZE)
    at = [m.arch_pose[:3, 3] for m in (first, second, third)]
    np.testing.assert_allclose(at[2] - at[1], at[1] - at[0])


@pytest.mark.parametrize("jaw", ["upper", "lower"])
def test_the_mean_arch_runs_from_right_to_left_with_the_crowns_upright(jaw: numbers.Jaw) -> None:
    row = [t for t in numbers.arch(jaw) if numbers.position(t) < 8]
    poses = [crown_model(t).arch_pose for t in row]
    assert (np.diff([p[0, 3] for p in poses]) > 0).all(), "+x is the patient's left"
    depth = np.array([p[1, 3] for p in poses])
    assert depth[:7].tolist() == sorted(depth[:7], reverse=True), "+y is posterior"
    occlusal = -1.0 if jaw == "upper" else 1.0
    assert all(p[2, 2] * occlusal > 0.7 for p in poses)
    for tooth, pose in zip(row, poses, strict=True):
        middle = 1.0 if not numbers.is_left(tooth) else -1.0
        if numbers.position(tooth) <= 2:
            assert pose[0, 0] * middle > 0, "mesial is towards the midline"


def test_sizes_vary_together() -> None:
    covariance = size_covariance(numbers.PERMANENT)
    np.testing.assert_allclose(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9
    for fdi in (11, 16, 36, 43):
        at = numbers.PERMANENT.index(fdi)
        assert crown_model(fdi).size_sd == pytest.approx(np.sqrt(covariance[at, at]))
        assert 0.01 < crown_model(fdi).size_sd < 0.15


@pytest.mark.parametrize("fdi", [0, 10, 19, 51, 99, -11])
def test_what_is_no_permanent_tooth_is_refused(fdi: int) -> None:
    with pytest.raises(SettingsError, match="not a permanent tooth"):
        crown_model(fdi)
