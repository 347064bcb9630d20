"""Gingiva is one closed body that holds the teeth, leaves their crowns free and knows where it is."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from oral_architect.geometry.closest import Surface
from oral_architect.phantom.arch_form import DrawnArch, draw_arch
from oral_architect.phantom.gingiva import Gingiva, grow_gingiva
from oral_architect.teeth.fdi import Jaw
from small_patient import FULL

JAWS: tuple[Jaw, ...] = ("upper", "lower")


@cache
def grown(jaw: Jaw, seed: int = 0) -> tuple[DrawnArch, Gingiva]:
    rng = np.random.default_rng(seed)
    arch = draw_arch(jaw, rng, FULL)
    return arch, grow_gingiva(arch, rng)


@pytest.mark.parametrize("jaw", JAWS)
def test_the_body_is_a_closed_manifold_facing_outwards(jaw: Jaw) -> None:
    mesh = grown(jaw)[1].mesh
    assert mesh.is_watertight
    directed = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    assert len(np.unique(directed, axis=0)) == len(directed), "faces of an edge run against each other"
    assert mesh.volume_mm3 > 5_000


@pytest.mark.parametrize("jaw", JAWS)
def test_the_scanned_surface_faces_occlusally_and_every_vertex_knows_its_place(jaw: Jaw) -> None:
    gingiva = grown(jaw)[1]
    n = len(gingiva.mesh.vertices)
    assert {len(a) for a in (gingiva.depth_mm, gingiva.reach_mm, gingiva.lingual, gingiva.top)} == {n}
    up = -1.0 if jaw == "upper" else 1.0
    own = gingiva.top[gingiva.mesh.faces].all(axis=1)
    facing = gingiva.mesh.face_normals[own, 2] * up
    assert (facing > 0).mean() > 0.98
    assert gingiva.reach_mm[gingiva.top].min() == 0
    assert (gingiva.reach_mm >= 0).all()


@pytest.mark.parametrize("jaw", JAWS)
def test_crowns_stand_free_above_and_are_held_below_the_margin(jaw: Jaw) -> None:
    arch, gingiva = grown(jaw)
    flesh = Surface(gingiva.mesh)
    for tooth in arch.present:
        height = tooth.local.vertices[:, 2]
        points = tooth.mesh.vertices
        top = points[height > np.quantile(height, 0.8)]
        assert (flesh.signed_distance_mm(top) > 0).mean() > 0.95, tooth.fdi
        base = points[tooth.model.base]
        assert (flesh.signed_distance_mm(base) < 0.5).mean() > 0.8, tooth.fdi


def test_the_tongue_side_lies_within_the_arch() -> None:
    arch, gingiva = grown("lower")
    at = gingiva.mesh.vertices[gingiva.top & gingiva.lingual]
    first_molars = sorted(t.pose[0, 3] for t in arch.present if t.fdi in (36, 46))
    beside = np.abs(at[:, 1] - np.mean([t.pose[1, 3] for t in arch.present if t.fdi in (36, 46)])) < 2
    assert first_molars[0] - 3 < at[beside, 0].min() < at[beside, 0].max() < first_molars[1] + 3


def test_a_lost_tooth_leaves_a_lower_ridge() -> None:
    rng = np.random.default_rng(3)
    arch = draw_arch("lower", rng, FULL)
    lost = next(t for t in arch.present if t.fdi == 36)
    gapped = type(arch)("lower", tuple(t for t in arch.present if t is not lost), (*arch.absent, lost))
    ridge = grow_gingiva(gapped, np.random.default_rng(0)).mesh
    near = np.linalg.norm(ridge.vertices[:, :2] - lost.pose[:2, 3], axis=1) < 2
    assert ridge.vertices[near, 2].max() < lost.mesh.vertices[:, 2].max() - 3


def test_the_same_seed_gives_the_same_gingiva() -> None:
    arch, _ = grown("upper")
    first, second = (grow_gingiva(arch, np.random.default_rng(9)).mesh for _ in range(2))
    assert first.vertices.tobytes() == second.vertices.tobytes()
    assert first.faces.tobytes() == second.faces.tobytes()
