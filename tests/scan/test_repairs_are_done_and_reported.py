"""Each defect is repaired, counted and said, and every vertex of the file is still accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from oral_architect.errors import ScanError
from oral_architect.geometry import Mesh, concatenate
from oral_architect.scan import ScanSettings, decimate, run
from oral_architect.scan.repair import Repairer
from oral_architect.scan.topology import Edges, face_components
from oral_architect.scan.winding import wind

from .shapes import arch, solid
from .writers import ply_ascii, stl_binary

ARCH = arch(1.4)
SETTINGS = ScanSettings()


def repair(mesh: Mesh, settings: ScanSettings = SETTINGS) -> Repairer:
    return Repairer(mesh.vertices, mesh.faces, settings, "test").run()


def counts(repairer: Repairer) -> dict[str, int]:
    return {r.kind: r.count for r in repairer.repairs}


def assert_one_clean_sheet(mesh: Mesh) -> None:
    edges = Edges.of(mesh.faces)
    assert edges.uses.max() <= 2
    left, right = edges.pairs()
    flat = mesh.faces.reshape(-1)
    assert (flat[left] != flat[right]).all()
    assert len(np.unique(mesh.faces)) == len(mesh.vertices)


def test_a_clean_surface_is_left_as_it_is() -> None:
    done = repair(ARCH)
    assert done.repairs == []
    assert done.warnings == []
    np.testing.assert_array_equal(done.mesh.vertices, ARCH.vertices)
    np.testing.assert_array_equal(done.mesh.faces, ARCH.faces)
    np.testing.assert_array_equal(done.input_vertex, np.arange(len(ARCH.vertices)))


def test_lost_vertices_are_dropped_with_their_faces() -> None:
    vertices = ARCH.vertices.copy()
    vertices[[100, 777]] = [[np.nan, 0, 0], [0, np.inf, 0]]
    done = repair(Mesh(vertices, ARCH.faces))
    assert counts(done) == {"lost_vertices": 2}
    assert done.input_vertex[[100, 777]].tolist() == [-1, -1]
    kept = done.input_vertex >= 0
    np.testing.assert_array_equal(done.mesh.vertices[done.input_vertex[kept]], vertices[kept])


def test_many_lost_vertices_are_refused() -> None:
    vertices = ARCH.vertices.copy()
    vertices[::10] = np.nan
    with pytest.raises(ScanError, match="not finite"):
        repair(Mesh(vertices, ARCH.faces))


def test_vertices_in_one_point_are_merged_and_followed() -> None:
    soup = Mesh(ARCH.vertices[ARCH.faces].reshape(-1, 3), np.arange(3 * len(ARCH.faces)).reshape(-1, 3))
    done = repair(soup)
    assert counts(done) == {"duplicate_vertices": 3 * len(ARCH.faces) - len(ARCH.vertices)}
    np.testing.assert_array_equal(done.mesh.vertices[done.input_vertex], soup.vertices)


def test_zero_and_minus_zero_are_one_point() -> None:
    vertices = np.vstack([ARCH.vertices, ARCH.vertices[:1]])
    vertices[0, 2], vertices[-1, 2] = 0.0, -0.0
    faces = ARCH.faces.copy()
    faces[np.flatnonzero((faces == 0).any(axis=1))[0]][faces[0] == 0] = len(vertices) - 1
    done = repair(Mesh(vertices, faces))
    assert counts(done) == {"duplicate_vertices": 1}


def test_a_crack_thinner_than_the_tolerance_is_closed() -> None:
    rng = np.random.default_rng(5)
    soup = ARCH.vertices[ARCH.faces].reshape(-1, 3) + rng.uniform(-1e-4, 1e-4, (3 * len(ARCH.faces), 3))
    done = repair(Mesh(soup, np.arange(len(soup)).reshape(-1, 3)))
    assert counts(done) == {"near_vertices": len(soup) - len(ARCH.vertices)}
    assert np.linalg.norm(done.mesh.vertices[done.input_vertex] - soup, axis=1).max() < 1e-3
    assert len(done.mesh.faces) == len(ARCH.faces)


def test_degenerate_and_duplicate_faces_are_dropped() -> None:
    bad = np.array([[5, 5, 9], [7, 8, 7]], dtype=np.int32)
    again = ARCH.faces[[3, 4, 5]][:, [1, 2, 0]]
    done = repair(Mesh(ARCH.vertices, np.vstack([ARCH.faces, bad, again])))
    assert counts(done) == {"degenerate_faces": 2, "duplicate_faces": 3}
    np.testing.assert_array_equal(done.mesh.faces, ARCH.faces)


def test_a_fin_on_an_edge_is_dropped_because_it_is_smaller() -> None:
    a, b = ARCH.faces[1000, :2]
    middle = ARCH.vertices[[a, b]].mean(axis=0)
    tip = middle + np.array([0, 0, 0.05])
    fin = np.array([[a, b, len(ARCH.vertices)]], dtype=np.int32)
    done = repair(Mesh(np.vstack([ARCH.vertices, tip]), np.vstack([ARCH.faces, fin])))
    assert counts(done) == {"non_manifold_edges": 1, "unused_vertices": 1}
    assert done.input_vertex[-1] == -1
    assert_one_clean_sheet(done.mesh)


def test_faces_that_touch_in_one_vertex_only_are_dropped() -> None:
    tip = ARCH.vertices[500] + [[0, 0.3, 2], [0.3, 0, 2]]
    n = len(ARCH.vertices)
    done = repair(Mesh(np.vstack([ARCH.vertices, tip]), np.vstack([ARCH.faces, [[500, n, n + 1]]]).astype(np.int32)))
    assert counts(done) == {"non_manifold_vertices": 1, "unused_vertices": 2}
    assert_one_clean_sheet(done.mesh)


def test_faces_wound_against_their_neighbours_are_turned() -> None:
    rng = np.random.default_rng(3)
    wrong = rng.random(len(ARCH.faces)) < 0.3
    faces = np.where(wrong[:, None], ARCH.faces[:, ::-1], ARCH.faces)
    done = repair(Mesh(ARCH.vertices, faces))
    assert counts(done) == {"inconsistent": int(wrong.sum())}
    np.testing.assert_allclose(done.mesh.face_normals, ARCH.face_normals)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_an_open_shell_that_is_inside_out_is_turned(seed: int) -> None:
    turn = np.eye(4)
    turn[:3, :3] = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    posed = ARCH.transformed(turn)
    assert counts(repair(posed)) == {}
    done = repair(Mesh(posed.vertices, posed.faces[:, ::-1]))
    assert counts(done) == {"inverted": len(ARCH.faces)}
    np.testing.assert_allclose(done.mesh.face_normals, posed.face_normals)


def test_a_closed_body_that_is_inside_out_is_turned() -> None:
    ball = solid(trimesh.creation.icosphere(3, 30), 1000)
    done = repair(Mesh(ball.vertices, ball.faces[:, ::-1]))
    assert done.mesh.volume_mm3 == pytest.approx(ball.volume_mm3)


def test_the_wall_of_an_inner_cavity_keeps_facing_inward() -> None:
    ball = solid(trimesh.creation.icosphere(3, 30), 1000)
    cavity = Mesh(ball.vertices * 0.5, ball.faces[:, ::-1])
    done = repair(concatenate([ball, cavity]))
    assert done.mesh.volume_mm3 == pytest.approx(ball.volume_mm3 * (1 - 0.125))


def test_a_twisted_band_loses_the_faces_that_cannot_agree() -> None:
    n = 60
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    width = np.array([-1.0, 1.0])
    radius = 10 + width[:, None] * np.cos(angle / 2)
    z = width[:, None] * np.sin(angle / 2)
    vertices = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=-1).reshape(-1, 3)
    a = np.arange(n)
    b = np.where(a + 1 < n, a + 1, 0)
    top_a, top_b = a + n, np.where(a + 1 < n, b + n, 0)
    b = np.where(a + 1 < n, b, n)  # after one turn the two edges of the band have changed places
    faces = np.concatenate([np.stack([a, b, top_b], 1), np.stack([a, top_b, top_a], 1)]).astype(np.int32)
    wound = wind(faces, Mesh(vertices, faces).face_areas)
    assert len(wound.twisted) > 0
    assert len(wind(np.delete(wound.faces, wound.twisted, axis=0), np.ones(len(faces))).twisted) == 0


def test_specks_are_dropped_and_larger_pieces_are_kept() -> None:
    speck = solid(trimesh.creation.icosphere(1, 0.4), 10).transformed(_moved(0, 20, 30))
    piece = solid(trimesh.creation.icosphere(3, 4), 10).transformed(_moved(0, 20, -30))
    done = repair(concatenate([ARCH, speck, piece]))
    assert counts(done) == {"specks": 1, "unused_vertices": len(speck.vertices)}
    assert face_components(done.mesh.faces)[0] == 2
    carried = done.input_vertex[len(ARCH.vertices) :]
    assert (carried[: len(speck.vertices)] == -1).all()
    assert (carried[len(speck.vertices) :] >= 0).all()


def _moved(*by: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = by
    return matrix


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_repair_twice_is_repair_once(seed: int) -> None:
    """Whatever is wrong, what comes out needs no repair, and every kept vertex is where the file had it."""
    rng = np.random.default_rng(seed)
    vertices = ARCH.vertices[ARCH.faces].reshape(-1, 3)
    vertices += rng.uniform(-2e-4, 2e-4, vertices.shape) * rng.integers(2)
    vertices[rng.integers(0, len(vertices), 20)] = np.nan
    faces = np.arange(len(vertices)).reshape(-1, 3)
    faces = faces[rng.random(len(faces)) > 0.15]
    flip = rng.random(len(faces)) < 0.2
    faces[flip] = faces[flip][:, ::-1]
    faces = np.vstack([faces, rng.integers(0, len(vertices), (40, 3)), faces[:10]])
    once = repair(Mesh(vertices, faces))
    assert_one_clean_sheet(once.mesh)
    kept = once.input_vertex >= 0
    assert np.linalg.norm(once.mesh.vertices[once.input_vertex[kept]] - vertices[kept], axis=1).max() < 2e-3
    assert set(once.input_vertex[kept]) == set(range(len(once.mesh.vertices)))
    twice = repair(once.mesh)
    assert counts(twice) == {}
    np.testing.assert_array_equal(twice.mesh.vertices, once.mesh.vertices)
    np.testing.assert_array_equal(twice.mesh.faces, once.mesh.faces)


def test_a_fine_surface_is_decimated_and_every_vertex_followed() -> None:
    fine = arch(0.6)
    done = repair(fine, ScanSettings(max_faces=5000))
    assert 4000 < len(done.mesh.faces) <= 5000
    assert counts(done)["decimated"] == len(fine.faces) - len(done.mesh.faces)
    assert any("decimated" in warning for warning in done.warnings)
    assert_one_clean_sheet(done.mesh)
    kept = done.input_vertex >= 0
    assert kept.mean() > 0.99
    gap = np.linalg.norm(done.mesh.vertices[done.input_vertex[kept]] - fine.vertices[kept], axis=1)
    nearest, _ = cKDTree(done.mesh.vertices).query(fine.vertices[kept])
    assert (gap <= nearest + 1e-9).mean() > 0.99


def test_a_surface_too_fine_for_quadrics_is_clustered_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decimate, "_QUADRIC_LIMIT", 8000)
    fine = arch(0.6)
    coarse, nearest = decimate.decimate(fine, 5000)
    assert 3500 < len(coarse.faces) <= 5000
    assert len(nearest) == len(fine.vertices)
    assert coarse.area_mm2 == pytest.approx(fine.area_mm2, rel=0.05)


def test_quality_and_warnings_are_in_the_document(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    holes = rng.choice(len(ARCH.faces), 40, replace=False)
    path = tmp_path / "scan.ply"
    ply_ascii(path, Mesh(ARCH.vertices, np.delete(ARCH.faces, holes, axis=0)))
    scan = run(path)
    assert scan.quality.input_faces == len(ARCH.faces) - 40
    assert scan.quality.boundary_loops > 20
    assert scan.quality.components == 1
    assert scan.quality.area_mm2 == pytest.approx(scan.surface.area_mm2, abs=1e-3)
    assert any("holes" in w for w in scan.warnings)
    assert any("coarse" in w for w in scan.warnings)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "scan.stl"
    stl_binary(path, ARCH)
    one, two = run(path, ScanSettings(max_faces=2000)), run(path, ScanSettings(max_faces=2000))
    assert one.model_dump_json() == two.model_dump_json()
    assert one.surface.vertices.tobytes() == two.surface.vertices.tobytes()
    assert one.surface.faces.tobytes() == two.surface.faces.tobytes()
