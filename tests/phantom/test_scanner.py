"""The phantom scanner leaves an arch recognisable, tells the truth about every vertex, and can be undone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oral_architect.errors import SettingsError
from oral_architect.geometry.mesh import Mesh
from oral_architect.phantom.damage import surface_distance
from oral_architect.phantom.scanner import CLEAN, HARD, TYPICAL, ScannerSettings, scan
from oral_architect.phantom.scanner_sight import border_loops, bridge_holes, sight

few = settings(max_examples=5, deadline=None)
PRESETS = {
    name: preset.model_copy(update={"faces": (6000, 9000)})
    for name, preset in (("clean", CLEAN), ("typical", TYPICAL), ("hard", HARD))
}


@cache
def _ridge() -> tuple[Mesh, NDArray[np.int16]]:
    """A curved ridge with three bumps for teeth: 16, 15 and 14 of an upper jaw, crowns towards -z."""
    x, y = np.meshgrid(np.arange(-20, 20, 0.4), np.arange(-14, 14, 0.4), indexing="ij")
    height = 6 * np.exp(-((y / 7) ** 2))
    labels = np.zeros(x.shape, dtype=np.int16)
    for fdi, middle in ((16, -9.0), (15, 0.0), (14, 8.0)):
        bump = np.clip(1 - ((x - middle) / 3.9) ** 4 - (y / 4.5) ** 4, 0, 1)
        height += 6 * bump**0.4
        labels[bump > 0] = fdi
    nu, nv = x.shape
    grid = np.arange(nu * nv).reshape(nu, nv)
    a, b, c, d = grid[:-1, :-1].ravel(), grid[1:, :-1].ravel(), grid[1:, 1:].ravel(), grid[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, c, b], axis=1), np.stack([a, d, c], axis=1)])
    return Mesh(np.stack([x.ravel(), y.ravel(), -height.ravel()], axis=1), faces), labels.ravel()


@few
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(PRESETS)))
def test_pose_and_unit_can_be_undone(seed: int, name: str) -> None:
    surface, labels = _ridge()
    scanned = scan(surface, labels, PRESETS[name], np.random.default_rng(seed))
    world = scanned.in_world()
    own = scanned.nearest >= 0
    away = surface_distance(world.vertices[own], surface)
    assert np.percentile(away, 99) < 0.8
    linear = scanned.to_world[:3, :3] / scanned.mm_per_unit
    np.testing.assert_allclose(linear @ linear.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(linear) == pytest.approx(1.0)


@few
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(PRESETS)))
def test_labels_are_those_of_the_nearest_place_of_the_perfect_arch(seed: int, name: str) -> None:
    surface, labels = _ridge()
    scanned = scan(surface, labels, PRESETS[name], np.random.default_rng(seed))
    own = scanned.nearest >= 0
    assert own.mean() > 0.8
    np.testing.assert_array_equal(scanned.labels[own], labels[scanned.nearest[own]])
    assert (scanned.labels[~own] == 0).all()
    gap = np.linalg.norm(scanned.in_world().vertices[own] - surface.vertices[scanned.nearest[own]], axis=1)
    assert np.percentile(gap, 95) < 1.0
    assert set(np.unique(scanned.labels)) >= {0, 14, 15, 16}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_same_seed_gives_the_same_scan(name: str) -> None:
    surface, labels = _ridge()
    first, second = (scan(surface, labels, PRESETS[name], np.random.default_rng(4)) for _ in range(2))
    assert first.mesh.vertices.tobytes() == second.mesh.vertices.tobytes()
    assert first.mesh.faces.tobytes() == second.mesh.faces.tobytes()
    assert first.labels.tobytes() == second.labels.tobytes()


def test_a_clean_scan_is_the_arch_in_place_with_little_noise() -> None:
    surface, labels = _ridge()
    scanned = scan(surface, labels, CLEAN, np.random.default_rng(0))
    away = surface_distance(scanned.mesh.vertices, surface)
    assert np.sqrt(np.mean(away**2)) < 0.05
    assert (scanned.nearest >= 0).all()
    assert scanned.unit == "mm"
    np.testing.assert_array_equal(scanned.to_world, np.eye(4))


def test_noise_and_waviness_have_the_size_asked_for() -> None:
    surface = _ridge()[0]
    quiet = {"fusion_mm": (0, 0), "ragged_mm": (0, 0), "waviness_um": (0, 0)}
    rms = []
    for noise in (4.0, 12.0):
        asked = ScannerSettings.preset("clean", **{**quiet, "noise_um": (noise, noise), "faces": (19000, 19000)})
        scanned = scan(surface, np.full(len(surface.vertices), 16), asked, np.random.default_rng(1))
        flat = scanned.in_world().vertices - surface.vertices[scanned.nearest]
        is_same = np.linalg.norm(flat, axis=1) < 0.1
        along = (flat * surface.vertex_normals[scanned.nearest]).sum(axis=1)[is_same]
        rms.append(1000 * float(np.sqrt(np.mean(along**2))))
    assert rms[1] > 2 * rms[0]
    assert 6 < rms[1] < 16


def test_decimation_reaches_the_number_of_faces() -> None:
    surface, labels = _ridge()
    for faces in (6000, 30000):
        asked = ScannerSettings.preset("clean", faces=(faces, faces))
        scanned = scan(surface, labels, asked, np.random.default_rng(2))
        assert len(scanned.mesh.faces) == pytest.approx(faces, rel=0.03)


def test_soft_tissue_is_gingiva_that_the_arch_does_not_have() -> None:
    surface, labels = _ridge()
    asked = ScannerSettings.preset("typical", tongues=(6, 6), specks=(5, 5), sheets=(2, 2))
    scanned = scan(surface, labels, asked, np.random.default_rng(3))
    extra = scanned.nearest < 0
    assert extra.sum() > 30
    assert surface_distance(scanned.in_world().vertices[extra], surface, 30).max() > 1.5


def test_faults_are_made_when_asked_for_and_said() -> None:
    surface, labels = _ridge()
    asked = ScannerSettings.preset("typical", inverted_share=1.0, unmerged_share=1.0, units=("inch",))
    scanned = scan(surface, labels, asked, np.random.default_rng(5))
    assert scanned.is_inverted
    assert scanned.unit == "inch"
    assert len(scanned.mesh.vertices) == 3 * len(scanned.mesh.faces) == len(scanned.labels)
    world = scanned.in_world()
    assert world.face_crosses[:, 2].sum() > 0  # an upper arch faces -z unless it is inside out
    assert np.ptp(scanned.mesh.vertices, axis=0).max() < 3


def test_labels_per_face_serve_as_well_as_labels_per_vertex() -> None:
    surface, labels = _ridge()
    per_face = labels[surface.faces].min(axis=1)
    scanned = scan(surface, per_face, CLEAN, np.random.default_rng(6))
    assert set(np.unique(scanned.face_labels)) == {0, 14, 15, 16}
    with pytest.raises(SettingsError, match="fit neither"):
        scan(surface, labels[:7], CLEAN, np.random.default_rng(6))


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(SettingsError, match="no scanner preset"):
        ScannerSettings.preset("perfect")


def test_what_faces_away_or_is_walled_in_is_not_seen() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3, radius=5)
    mesh = Mesh(np.asarray(ball.vertices), np.asarray(ball.faces))
    seen = sight(mesh, np.array([0.0, 0, 1.0]))
    assert seen[mesh.vertices[:, 2] > 3].min() > 0.4
    assert seen[np.argmin(mesh.vertices[:, 2])] == 0


def test_small_holes_are_bridged_and_the_outer_border_stays() -> None:
    surface, _ = _ridge()
    away = np.linalg.norm(surface.vertices[surface.faces].mean(axis=1)[:, :2] - [3.0, 9.0], axis=1)
    holed = surface.part(away > 0.8)[0]
    assert len(border_loops(holed)) == 2
    closed = bridge_holes(holed, 20.0)
    assert len(border_loops(closed)) == 1
    directed = closed.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    assert len(np.unique(directed, axis=0)) == len(directed)
