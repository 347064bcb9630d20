"""Crowns and gingiva become one surface on which every vertex tells the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.phantom.arch_form import DrawnArch, draw_arch
from oral_architect.phantom.gingiva import Gingiva, grow_gingiva
from oral_architect.phantom.jaw import Border, JawSurface, join
from oral_architect.teeth.fdi import Jaw
from small_patient import FULL

JAWS: tuple[Jaw, ...] = ("upper", "lower")


@cache
def joined(jaw: Jaw) -> tuple[DrawnArch, Gingiva, JawSurface]:
    rng = np.random.default_rng(0)
    arch = draw_arch(jaw, rng, FULL)
    gingiva = grow_gingiva(arch, rng)
    border = Border.draw(rng).as_a_careful_hand()
    return arch, gingiva, join(arch, {t.fdi: t.mesh for t in arch.present}, gingiva, border, rng)


@pytest.mark.parametrize("jaw", JAWS)
def test_a_vertex_of_a_tooth_lies_on_its_crown(jaw: Jaw) -> None:
    arch, gingiva, surface = joined(jaw)
    assert set(np.unique(surface.labels)) == {0, *(t.fdi for t in arch.present)}
    for tooth in arch.present:
        own = surface.mesh.vertices[surface.labels == tooth.fdi]
        away = Surface(tooth.mesh).nearest(own).distance_mm
        assert away.max() < 1e-3, tooth.fdi
    flesh = surface.mesh.vertices[surface.labels == 0]
    assert Surface(gingiva.mesh).nearest(flesh).distance_mm.max() < 1e-3


@pytest.mark.parametrize("jaw", JAWS)
def test_the_surface_is_open_and_looks_occlusally(jaw: Jaw) -> None:
    mesh = joined(jaw)[2].mesh
    assert len(mesh.open_edges) > 50
    assert (mesh.edge_table[1] <= 2).all()
    assert mesh.face_crosses.sum(axis=0)[2] * (-1 if jaw == "upper" else 1) > 500


@pytest.mark.parametrize("jaw", JAWS)
def test_nothing_is_left_inside(jaw: Jaw) -> None:
    arch, gingiva, surface = joined(jaw)
    for tooth in arch.present[::3]:
        others = surface.mesh.vertices[surface.labels != tooth.fdi]
        away = Surface(tooth.mesh).signed_distance_mm(others)
        inside = (away < -1e-3) & (
            away > -3.0
        )  # a crown may fold over itself at its base, where far signs are not sure
        assert inside.mean() < 1e-3, tooth.fdi
    teeth = surface.mesh.vertices[surface.labels > 0]
    assert Surface(gingiva.mesh).signed_distance_mm(teeth).min() > -1e-3


def test_a_careful_hand_scans_no_less() -> None:
    for seed in range(20):
        drawn = Border.draw(np.random.default_rng(seed))
        careful = drawn.as_a_careful_hand()
        assert careful.buccal_mm >= max(drawn.buccal_mm, 5)
        assert careful.lingual_mm >= max(drawn.lingual_mm, 6)
        assert careful.ragged_mm <= 0.3


def test_an_open_crown_is_refused_by_its_number() -> None:
    arch, gingiva, _ = joined("lower")
    tooth = arch.present[0]
    crowns = {tooth.fdi: Mesh(tooth.mesh.vertices, tooth.mesh.faces[:-3])}
    with pytest.raises(StageError, match=f"crown {tooth.fdi} is not a closed body"):
        join(arch, crowns, gingiva, Border.draw(np.random.default_rng(0)), np.random.default_rng(0))
