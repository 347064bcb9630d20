"""Where the scan or the dentist left the finish line open, hidden or double, the preparation says so."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.document import Landscape
from oral_architect.design.preparation import PreparationSettings, find_preparation, prepared_tooth
from oral_architect.errors import SettingsError, StageError
from oral_architect.geometry import Mesh

from .lathe import RADIUS_MM, Turned, on_the_lathe, turned


def _without(mesh: Mesh, gone: np.ndarray) -> Mesh:
    return mesh.part(~gone)[0]


def _centres(mesh: Mesh) -> np.ndarray:
    return mesh.vertices[mesh.faces].mean(axis=1)


def _open_over(deg: float) -> Turned:
    """The scan lacks ledge and root over part of the way around."""
    die = turned()

    def cut(mesh: Mesh) -> Mesh:
        x, y, z = _centres(mesh).T
        return _without(mesh, (np.rad2deg(np.arctan2(y, x)) % 360 < deg) & (z < 0.6))

    return Turned(cut(die.scan), cut(die.crown), die.tooth)


def _off_mm(line: np.ndarray) -> np.ndarray:
    return np.hypot(np.hypot(line[:, 0], line[:, 1]) - RADIUS_MM, line[:, 2])


def test_at_a_hole_of_the_scan_the_line_is_not_sure() -> None:
    die = turned()
    at = np.array([RADIUS_MM, 0, 0])
    scan, crown = (_without(m, np.linalg.norm(_centres(m) - at, axis=1) < 0.9) for m in (die.scan, die.crown))
    found = find_preparation(scan, crown, die.tooth)
    in_hole = np.linalg.norm(found.finish_line - at, axis=1) < 0.7
    assert not found.sure[in_hole].any()
    assert found.sure[~in_hole].mean() > 0.9
    assert _off_mm(found.finish_line[found.sure]).max() < 0.06
    assert any("inferred" in note for note in found.notes)


def test_where_the_ledge_is_missing_only_the_seen_part_is_sure_and_exact() -> None:
    die = _open_over(90.0)
    found = find_preparation(die.scan, die.crown, die.tooth)
    assert 0.6 < found.sure.mean() < 0.8
    assert _off_mm(found.finish_line[found.sure]).max() < 0.06


def test_a_margin_that_is_mostly_open_is_refused() -> None:
    die = _open_over(260.0)
    with pytest.raises(StageError, match="open") as refused:
        find_preparation(die.scan, die.crown, die.tooth)
    assert refused.value.todo


def test_a_double_margin_is_refused_and_a_point_decides() -> None:
    lip = [(0, 4), (2.4, 4), (2.8, 0.3), (3.7, 0.3), (3.7, 0), (RADIUS_MM, 0), (3.75, -1.6), (6.5, -2.4)]
    die = on_the_lathe(lip)
    with pytest.raises(StageError, match="double"):
        find_preparation(die.scan, die.crown, die.tooth)
    chosen = find_preparation(die.scan, die.crown, die.tooth, points=np.array([[RADIUS_MM, 0, 0]]))
    assert np.linalg.norm(chosen.finish_line - [RADIUS_MM, 0, 0], axis=1).min() < 1e-6


def test_a_tooth_that_is_not_there_is_named() -> None:
    mouth = Landscape.model_construct(teeth=())
    with pytest.raises(SettingsError, match="tooth 26 is not on the scans"):
        prepared_tooth(mouth, 26)


def test_trust_decides_what_is_sure() -> None:
    die = turned()
    strict = find_preparation(die.scan, die.crown, die.tooth, settings=PreparationSettings(least_trust=0.2))
    assert strict.sure.all()
