from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.crowns.frame import patient_frame
from oral_architect.errors import StageError
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth import fdi as numbers

from ..model_arch import ModelArch, model_arch


@pytest.fixture(scope="module", params=["upper", "lower"])
def arch(request) -> tuple[numbers.Jaw, ModelArch]:
    return request.param, model_arch(request.param, seed=4, turn_deg=4.0)


def turned(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pose = np.eye(4)
    pose[:3, :3] = rotation_from_vector(rng.normal(size=3) * 2)
    pose[:3, 3] = rng.normal(size=3) * 80
    return pose


def angle_deg(rotation: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))


def test_any_pose_comes_back_to_the_patient(arch):
    jaw, truth = arch

    @settings(max_examples=10, deadline=None)
    @given(st.integers(0, 10_000))
    def check(seed: int) -> None:
        pose = turned(seed)
        found, confidence = patient_frame(truth.mesh.transformed(pose), truth.labels, jaw)
        assert angle_deg(found[:3, :3] @ pose[:3, :3]) < 2.0
        assert np.allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-9)
        assert confidence > 0.8

    check()


def test_the_midline_and_the_occlusal_plane_are_zero(arch):
    jaw, truth = arch
    found, _ = patient_frame(truth.mesh, truth.labels, jaw)
    moved = truth.mesh.transformed(found)
    incisors = moved.vertices[truth.labels % 10 == 1]
    assert abs(incisors[:, 0].mean()) < 0.6
    occlusal = moved.vertices[:, 2].min() if jaw == "upper" else moved.vertices[:, 2].max()
    assert abs(occlusal) < 2.0


def test_missing_teeth_do_not_turn_it(arch):
    jaw, truth = arch
    kept = truth.labels.copy()
    kept[np.isin(kept % 10, (5, 6)) & ((kept // 10) % 2 == 1)] = 0
    whole, _ = patient_frame(truth.mesh, truth.labels, jaw)
    found, _ = patient_frame(truth.mesh, kept, jaw)
    assert angle_deg(found[:3, :3] @ whole[:3, :3].T) < 2.0


def test_half_an_arch_is_enough(arch):
    jaw, truth = arch
    half = np.where(truth.labels // 10 == (1 if jaw == "upper" else 4), truth.labels, 0)
    whole, _ = patient_frame(truth.mesh, truth.labels, jaw)
    found, confidence = patient_frame(truth.mesh, half, jaw)
    assert angle_deg(found[:3, :3] @ whole[:3, :3].T) < 10.0
    assert confidence > 0.5


def test_numbers_of_the_wrong_side_are_not_believed(arch):
    jaw, truth = arch
    swapped = np.array([numbers.mirror(int(x)) for x in truth.labels])
    _, confidence = patient_frame(truth.mesh, swapped, jaw)
    assert confidence < 0.3


def test_two_teeth_are_not_an_arch(arch):
    jaw, truth = arch
    few = np.where(truth.labels % 10 == 1, truth.labels, 0)
    with pytest.raises(StageError, match="three are needed"):
        patient_frame(truth.mesh, few, jaw)
