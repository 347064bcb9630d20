"""A prepared tooth can take a crown: closed, tapered without undercut, its finish line on the tooth."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.errors import SettingsError
from oral_architect.phantom.damage import surface_distance
from oral_architect.phantom.preparation import Margin, PreparedCrown, Reduction, prepare, reduction_for
from oral_architect.teeth.shape_model import crown_model

MARGINS: tuple[Margin, ...] = ("chamfer", "shoulder", "feather")


def _prepared(fdi: int, margin: Margin, seed: int = 1, **options: float) -> PreparedCrown:
    return prepare(crown_model(fdi).crown(), fdi, margin, np.random.default_rng(seed), gingiva_mm=0.5, **options)


@pytest.mark.parametrize("fdi", [11, 16, 24, 33, 41, 47])
@pytest.mark.parametrize("margin", MARGINS)
def test_a_preparation_is_closed_and_its_finish_line_lies_on_the_tooth(fdi: int, margin: Margin) -> None:
    crown = crown_model(fdi).crown()
    prepared = _prepared(fdi, margin)
    assert prepared.mesh.is_watertight
    assert prepared.lost_volume_mm3 == pytest.approx(crown.volume_mm3 - prepared.mesh.volume_mm3)
    assert surface_distance(prepared.margin_line, crown).max() < 0.03
    assert surface_distance(prepared.margin_line, prepared.mesh).max() < 0.06


@pytest.mark.parametrize("fdi", [11, 16, 33])
def test_nothing_above_the_finish_line_is_an_undercut(fdi: int) -> None:
    prepared = _prepared(fdi, "chamfer")
    centers = prepared.mesh.vertices[prepared.mesh.faces].mean(axis=1)
    above = centers[:, 2] > prepared.margin_line[:, 2].max() + 0.1
    facing = prepared.mesh.face_normals[above] @ prepared.insertion_axis
    areas = prepared.mesh.face_areas[above]
    assert areas[facing < -0.02].sum() < 0.01 * areas.sum()


def test_the_tooth_below_the_finish_line_is_untouched() -> None:
    crown, prepared = crown_model(46).crown(), _prepared(46, "shoulder")
    kept = {tuple(v) for v in prepared.mesh.vertices}
    below = crown.vertices[crown.vertices[:, 2] < prepared.margin_line[:, 2].min() - 0.05]
    assert len(below) > 100
    assert all(tuple(v) in kept for v in below)


def test_the_biting_surface_is_reduced_as_the_material_asks() -> None:
    asked = reduction_for()
    crown, prepared = crown_model(46).crown(), _prepared(46, "chamfer")
    cut = crown.vertices[:, 2].max() - prepared.mesh.vertices[:, 2].max()
    assert cut > 0.85 * asked.occlusal_mm
    assert asked.source


def test_more_reduction_takes_more() -> None:
    crown = crown_model(26).crown()
    lost = [
        prepare(crown, 26, "chamfer", np.random.default_rng(2), reduction=Reduction(a, a, 1.3 * a, "test"), taper_deg=6)
        for a in (0.5, 0.8, 1.1)
    ]
    assert [p.lost_volume_mm3 for p in lost] == sorted(p.lost_volume_mm3 for p in lost)


def test_the_same_seed_gives_the_same_preparation() -> None:
    first, second = _prepared(24, "feather", seed=9), _prepared(24, "feather", seed=9)
    assert first.mesh.vertices.tobytes() == second.mesh.vertices.tobytes()
    assert first.margin_line.tobytes() == second.margin_line.tobytes()


def test_an_unknown_margin_is_refused() -> None:
    with pytest.raises(SettingsError, match="no margin 'knife'"):
        _prepared(16, "knife")  # type: ignore[arg-type]
