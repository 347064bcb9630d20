"""Partial scans keep a run of neighbours with their numbers; bases close a scan without touching its teeth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.phantom.arch_form import draw_arch
from oral_architect.phantom.based import add_base
from oral_architect.phantom.gingiva import grow_gingiva
from oral_architect.phantom.jaw import Border, join
from oral_architect.phantom.partial import cut_partial
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw
from small_patient import FULL

JAWS: tuple[Jaw, ...] = ("upper", "lower")


@cache
def whole(jaw: Jaw) -> tuple[Mesh, NDArray[np.int16]]:
    rng = np.random.default_rng(4)
    arch = draw_arch(jaw, rng, FULL)
    border = Border.draw(rng).as_a_careful_hand()
    surface = join(arch, {t.fdi: t.mesh for t in arch.present}, grow_gingiva(arch, rng), border, rng)
    return surface.mesh, surface.labels


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("seed", range(5))
def test_a_partial_scan_holds_a_run_of_neighbours(jaw: Jaw, seed: int) -> None:
    mesh, labels = whole(jaw)
    part, told = cut_partial(mesh, labels, np.random.default_rng(seed))
    row = [t for t in numbers.arch(jaw) if numbers.position(t) < 8]
    size = np.array([(told == t).sum() / (labels == t).sum() for t in row])
    full = np.flatnonzero(size > 0.9)
    assert 3 <= len(full) < len(row)
    assert (np.diff(full) == 1).all()
    assert np.isin(size[: max(full[0] - 1, 0)], 0).all(), "nothing beyond the next tooth"
    assert len(told) == len(part.vertices) < len(mesh.vertices)
    assert {tuple(v) for v in part.vertices[told > 0]} <= {tuple(v) for v in mesh.vertices}


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("seed", range(4))
def test_a_base_closes_the_scan_and_belongs_to_no_tooth(jaw: Jaw, seed: int) -> None:
    mesh, labels = whole(jaw)
    solid, told = add_base(mesh, labels, jaw, np.random.default_rng(seed))
    assert len(solid.faces) > len(mesh.faces)
    assert solid.is_watertight
    assert solid.volume_mm3 > 5_000
    up = -1.0 if jaw == "upper" else 1.0
    bottom = (solid.vertices[:, 2] * up).min()
    assert bottom < (mesh.vertices[:, 2] * up).min() - 1.0
    assert told[solid.vertices[:, 2] * up < (mesh.vertices[:, 2] * up).min() - 0.5].max() == 0
    for tooth in np.unique(labels[labels > 0]):
        assert (told == tooth).sum() > 0.97 * (labels == tooth).sum()


def test_the_bottom_is_flat() -> None:
    mesh, labels = whole("lower")
    solid, _ = add_base(mesh, labels, "lower", np.random.default_rng(1))
    largest = solid.face_normals[np.argmax(solid.face_areas)]
    down = solid.face_normals @ largest > 0.9999
    assert largest[2] < -0.9
    assert solid.face_areas[down].sum() > 300


def test_a_partial_scan_can_stand_on_a_base_and_the_same_seed_gives_the_same() -> None:
    mesh, labels = whole("lower")
    runs = []
    for _ in range(2):
        rng = np.random.default_rng(2)
        part, told = cut_partial(mesh, labels, rng)
        solid, told = add_base(part, told, "lower", rng)
        runs.append((solid.vertices.tobytes(), solid.faces.tobytes(), told.tobytes()))
        assert solid.is_watertight
    assert runs[0] == runs[1]


def test_what_has_no_border_or_no_row_comes_back_as_it_is() -> None:
    mesh, labels = whole("upper")
    solid, told = add_base(mesh, labels, "upper", np.random.default_rng(0))
    again, same = add_base(solid, told, "upper", np.random.default_rng(0))
    assert again is solid
    assert same is told
    none = np.zeros_like(labels)
    part, left = cut_partial(mesh, none, np.random.default_rng(0))
    assert part is mesh
    assert left is none
