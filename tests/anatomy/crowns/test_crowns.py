from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.crowns.crown import border_loops, extract_crown, loop_length_mm
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh

from ..model_arch import bump_row


@pytest.fixture(scope="module")
def row() -> tuple[Mesh, np.ndarray]:
    return bump_row()


def test_a_crown_is_its_tooth_and_nothing_else(row):
    mesh, labels = row
    crown = extract_crown(mesh, labels, 45)
    foreign = np.flatnonzero(labels[crown.vertex_ids] != 45)
    assert set(foreign.tolist()) <= set(crown.border.tolist())
    assert np.array_equal(crown.mesh.vertices, mesh.vertices[crown.vertex_ids])
    assert crown.confidence > 0.95


def test_the_border_is_one_closed_loop_along_real_edges(row):
    mesh, labels = row
    crown = extract_crown(mesh, labels, 45)
    assert len(border_loops(crown.mesh)) == 1
    pairs = np.sort(np.stack([crown.border, np.roll(crown.border, -1)], axis=1), axis=1)
    edges = {tuple(e) for e in crown.mesh.edge_table[0].tolist()}
    assert all(tuple(p) in edges for p in pairs.tolist())
    assert loop_length_mm(crown.mesh.vertices[crown.border]) > 20


def test_shares_say_what_the_border_meets(row):
    mesh, labels = row
    middle, end = extract_crown(mesh, labels, 45), extract_crown(mesh, labels, 46)
    for crown in (middle, end):
        assert crown.gingiva_share + crown.neighbour_share + crown.open_share == pytest.approx(1)
        assert crown.gingiva_share > 0.7
    assert middle.neighbour_share > end.neighbour_share > 0


def test_specks_and_holes_in_the_labels_do_not_show(row):
    mesh, labels = row
    rng = np.random.default_rng(3)
    noisy = labels.copy()
    own = np.flatnonzero(labels == 45)
    noisy[rng.choice(own, len(own) // 25, replace=False)] = 0
    noisy[rng.choice(np.flatnonzero(labels == 0), 40, replace=False)] = 45
    crown = extract_crown(mesh, noisy, 45)
    clean = extract_crown(mesh, labels, 45)
    assert len(border_loops(crown.mesh)) == 1
    assert crown.mesh.area_mm2 == pytest.approx(clean.mesh.area_mm2, rel=0.06)


def test_no_border_vertex_is_used_twice(row):
    mesh, labels = row
    rng = np.random.default_rng(5)
    rim = np.abs(np.hypot(mesh.vertices[:, 0] - 12, mesh.vertices[:, 1]) - 4) < 0.5
    ragged = np.where(rim & (rng.random(len(labels)) < 0.5), 45, labels)
    crown = extract_crown(mesh, ragged, 45)
    for loop in border_loops(crown.mesh):
        assert len(np.unique(loop)) == len(loop)


def test_a_tooth_that_is_not_there_is_refused(row):
    with pytest.raises(StageError, match="tooth 11"):
        extract_crown(*row, 11)
