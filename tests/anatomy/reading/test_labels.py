"""Labels of a scan the network never saw are right under any rotation, and what is no arch is refused."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from oral_architect.anatomy.reading.labels import LabelSettings, fdi_of, look_at, number, settle_jaws
from oral_architect.errors import NotAnArchError
from oral_architect.geometry import Mesh
from oral_architect.phantom.arch_form import draw_arch
from oral_architect.phantom.gingiva import grow_gingiva
from oral_architect.phantom.jaw import Border, join
from oral_architect.teeth.fdi import Jaw, arch, position
from small_patient import FULL, agreement, patient, seen

JAWS: tuple[Jaw, ...] = ("upper", "lower")


@pytest.mark.parametrize("jaw", JAWS)
def test_a_scan_never_seen_is_labelled_right(jaw: Jaw) -> None:
    found = number(seen(jaw), jaw, LabelSettings())
    assert agreement(found.labels, jaw) >= 0.93
    assert set(found.teeth) == {t for t in arch(jaw) if position(t) < 8}
    assert found.certainty.shape == found.labels.shape
    assert 0.8 < found.certainty.mean() <= 1


@pytest.mark.parametrize("jaw", JAWS)
def test_the_jaw_is_told_from_the_teeth(jaw: Jaw) -> None:
    assert (seen(jaw).upper > 0.9) == (jaw == "upper")
    assert settle_jaws([seen(jaw).upper]) == [jaw]


@pytest.mark.parametrize("seed", [1, 2])
def test_turning_the_scan_changes_almost_nothing(seed: int) -> None:
    jaw: Jaw = "upper"
    before = agreement(number(seen(jaw), jaw, LabelSettings()).labels, jaw)
    turn = np.eye(4)
    turn[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    turn[:3, 3] = [100, -50, 20]
    again = look_at(patient().shapes["upper_scan"].transformed(turn), LabelSettings())
    assert again.upper > 0.9
    assert agreement(number(again, jaw, LabelSettings()).labels, jaw) > before - 0.01


def test_boundaries_are_better_refined_than_not() -> None:
    crude = number(seen("lower"), "lower", LabelSettings(refine=False))
    fine = number(seen("lower"), "lower", LabelSettings())
    assert agreement(fine.labels, "lower") > agreement(crude.labels, "lower") - 0.005


@pytest.mark.parametrize("gone", [{26}, {15, 24}])
def test_a_missing_tooth_does_not_shift_the_numbers(gone: set[int]) -> None:
    rng = np.random.default_rng(8)
    drawn = draw_arch("upper", rng, FULL)
    kept = tuple(t for t in drawn.present if t.fdi not in gone)
    lost = tuple(t for t in drawn.present if t.fdi in gone)
    gapped = type(drawn)("upper", kept, (*drawn.absent, *lost))
    border = Border.draw(rng).as_a_careful_hand()
    jaw = join(gapped, {t.fdi: t.mesh for t in kept}, grow_gingiva(gapped, rng), border, rng)
    found = number(look_at(jaw.mesh, LabelSettings()), "upper", LabelSettings())
    assert set(found.teeth) == {t.fdi for t in kept}
    for tooth in kept:
        own = jaw.labels == tooth.fdi
        assert (found.labels[own] == tooth.fdi).mean() > 0.5, tooth.fdi


def _rough(mesh: trimesh.Trimesh) -> Mesh:
    rng = np.random.default_rng(0)
    return Mesh(mesh.vertices + rng.normal(0, 0.15, mesh.vertices.shape), mesh.faces)


BOX = _rough(trimesh.creation.box((50, 40, 20)).subdivide().subdivide().subdivide().subdivide())


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(_rough(trimesh.creation.icosphere(4, 25)), id="ball"),
        pytest.param(_rough(trimesh.creation.torus(25, 6, 96, 32)), id="ring"),
        pytest.param(BOX, id="box"),
    ],
)
def test_what_is_no_arch_is_refused(thing: Mesh) -> None:
    with pytest.raises(NotAnArchError, match="does not look like a dental arch") as raised:
        number(look_at(thing, LabelSettings()), "upper", LabelSettings())
    assert raised.value.todo


def test_a_scrap_is_refused_before_the_network_is_asked() -> None:
    scrap = Mesh(np.eye(3) * 3, np.array([[0, 1, 2]]))
    with pytest.raises(NotAnArchError, match="smaller than one tooth"):
        look_at(scrap, LabelSettings())


@given(p=st.floats(0, 1), q=st.floats(0, 1))
def test_a_pair_is_one_of_each_jaw_unless_both_are_sure(p: float, q: float) -> None:
    jaws = settle_jaws([p, q])
    if jaws[0] == jaws[1]:
        sure = (p, q) if jaws[0] == "upper" else (1 - p, 1 - q)
        assert min(sure) > 0.9
    elif abs(p - q) > 1e-3:
        assert (jaws[0] == "upper") == (p > q), "the one that looks more like an upper is the upper"


@pytest.mark.parametrize(
    ("told", "jaws"),
    [
        ([0.9, 0.1], ["upper", "lower"]),
        ([0.3, 0.8], ["lower", "upper"]),
        ([0.9, 0.7], ["upper", "lower"]),
        ([0.9999, 0.999], ["upper", "upper"]),
        ([0.001, 0.0001], ["lower", "lower"]),
        ([0.5], ["upper"]),
        ([0.49], ["lower"]),
    ],
)
def test_jaws_are_settled_together(told: list[float], jaws: list[str]) -> None:
    assert settle_jaws(told) == jaws


@pytest.mark.parametrize("jaw", JAWS)
def test_every_class_is_a_tooth_of_the_jaw(jaw: Jaw) -> None:
    found = fdi_of(np.arange(17), jaw)
    assert found[0] == 0
    assert sorted(found[1:].tolist()) == sorted(arch(jaw))
