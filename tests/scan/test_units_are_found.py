"""The unit of a file is found and the reason said; the user has the last word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from oral_architect.geometry import Mesh
from oral_architect.scan import ScanSettings, run
from oral_architect.scan.units import SCALE_TO_MM, find_unit

from .shapes import arch
from .writers import glb, stl_binary, stl_bytes

ARCH = arch(1.4)


@pytest.mark.parametrize("unit", SCALE_TO_MM)
def test_a_full_arch_is_found_in_every_unit(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "scan.stl"
    stl_binary(path, Mesh(ARCH.vertices / SCALE_TO_MM[unit], ARCH.faces))
    scan = run(path)
    assert scan.unit == unit
    assert "which fits a full arch in" in scan.unit_reason
    assert scan.scale_to_mm == SCALE_TO_MM[unit]
    np.testing.assert_allclose(np.ptp(scan.surface.vertices, axis=0), np.ptp(ARCH.vertices, axis=0), rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(unit=st.sampled_from(sorted(SCALE_TO_MM)), seed=st.integers(0, 2**31))
def test_pose_and_unit_do_not_change_the_surface(unit: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = Rotation.random(rng=rng).as_matrix()
    moved = (ARCH.vertices @ turn.T + rng.normal(size=3) * 100) / SCALE_TO_MM[unit]
    found = find_unit(moved)
    assert found.unit == unit
    # a full arch in inches is as large as a few teeth in centimetres
    assert found.warning == "" or unit == "inch"


@pytest.mark.parametrize("unit", ["mm", "m", "inch"])
def test_half_an_arch_is_found(unit: str) -> None:
    centres = ARCH.vertices[ARCH.faces].mean(axis=1)
    half, _ = ARCH.part(centres[:, 0] > 0)
    assert find_unit(half.vertices / SCALE_TO_MM[unit]).unit == unit


def test_what_the_user_sets_holds(tmp_path: Path) -> None:
    path = tmp_path / "scan.stl"
    stl_binary(path, ARCH)
    scan = run(path, ScanSettings(unit="cm", check_plausible=False))
    assert (scan.unit, scan.unit_reason) == ("cm", "it was set by the user")
    assert any("unusual for a mouth" in warning for warning in scan.warnings)


def test_a_declaration_in_the_header_is_used(tmp_path: Path) -> None:
    path = tmp_path / "scan.stl"
    path.write_bytes(stl_bytes(ARCH, b"exported by a scanner UNITS=mm"))
    assert run(path).unit_reason == "a comment in the file declares it"


def test_a_declaration_that_makes_no_mouth_is_overruled_and_said(tmp_path: Path) -> None:
    path = tmp_path / "scan.glb"
    glb(path, Mesh(ARCH.vertices * 1000, ARCH.faces))  # millimetres, in a format that is in metres
    scan = run(path)
    assert scan.unit == "mm"
    assert any("mm was used instead" in warning for warning in scan.warnings)


def test_a_size_between_two_units_is_said_to_be_uncertain() -> None:
    rng = np.random.default_rng(0)
    box = rng.uniform(-0.5, 0.5, (5000, 3)) * [2.6, 1.7, 1.0]
    found = find_unit(box)
    assert found.unit in ("cm", "inch")
    assert "not certain" in found.warning


def test_one_stray_point_does_not_decide(tmp_path: Path) -> None:
    stray = np.vstack([ARCH.vertices, [[5e4, 0, 0]]])
    assert find_unit(stray).unit == "mm"
