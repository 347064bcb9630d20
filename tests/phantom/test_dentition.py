"""Children's arches, kept milk teeth, teeth too many and half erupted ones stand where such teeth stand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from oral_architect.geometry import concatenate
from oral_architect.geometry.closest import Surface
from oral_architect.phantom.arch_form import ArchFormSettings, draw_arch, draw_form
from oral_architect.phantom.dentition import child
from oral_architect.phantom.gingiva import grow_gingiva
from oral_architect.phantom.jaw import Border, join
from oral_architect.phantom.patient import PhantomSettings, run
from oral_architect.phantom.placed_tooth import DrawnArch, gap_mm
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw
from small_patient import FULL

JAWS: tuple[Jaw, ...] = ("upper", "lower")
STRAIGHT = FULL.model_copy(update={"crowded_rate": 0.0})


@cache
def of_age(jaw: Jaw, age_years: float, seed: int) -> DrawnArch:
    rng = np.random.default_rng(seed)
    form = replace(draw_form(rng, STRAIGHT), age_years=age_years)
    return draw_arch(jaw, rng, STRAIGHT, form)


@cache
def grown_with(jaw: Jaw, what: str, seed: int) -> DrawnArch:
    return draw_arch(jaw, np.random.default_rng(seed), STRAIGHT.model_copy(update={what: 1.0}))


@pytest.mark.parametrize("jaw", JAWS)
def test_at_four_all_teeth_are_milk_teeth_and_at_twelve_and_a_half_few(jaw: Jaw) -> None:
    row = numbers.arch(jaw)
    for seed in range(12):
        young = child(row, 4.0, np.random.default_rng(seed))
        old = child(row, 14.5, np.random.default_rng(seed))
        there = [s.fdi for s in young.slots if s.present]
        assert set(there) <= set(numbers.deciduous_arch(jaw))
        assert len(there) >= 7
        assert not any(numbers.is_deciduous(s.fdi) for s in old.slots)


def test_milk_teeth_give_way_to_permanent_ones_with_the_years() -> None:
    row = numbers.arch("upper")
    milk = [
        np.mean([
            sum(numbers.is_deciduous(s.fdi) and s.present for s in child(row, age, np.random.default_rng(k)).slots)
            for k in range(20)
        ])
        for age in (4, 7, 9, 11, 13)
    ]  # fmt: skip
    assert (np.diff(milk) < 0).all()


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("age_years", [4.0, 7.5, 9.0])
def test_a_childs_teeth_stand_in_order_without_running_into_each_other(jaw: Jaw, age_years: float) -> None:
    arch = of_age(jaw, age_years, 3)
    inner = [t for t in arch.present if t.in_row]
    across = [t.pose[0, 3] for t in inner]
    assert across == sorted(across)
    assert any(numbers.is_deciduous(t.fdi) for t in inner)
    for tooth in inner:
        assert tooth.mesh.is_watertight
    for left, right in pairwise(inner):
        if not left.sunk_mm and not right.sunk_mm:
            assert gap_mm(left, right) > -0.6, (left.fdi, right.fdi)


def test_a_milk_arch_is_shorter_than_a_grown_one() -> None:
    length = [
        np.linalg.norm(np.diff([t.pose[:2, 3] for t in arch.present if numbers.position(t.fdi) <= 5], axis=0), axis=1)
        .sum()
        for arch in (of_age("upper", 4.0, 1), draw_arch("upper", np.random.default_rng(1), STRAIGHT))
    ]  # fmt: skip
    assert length[0] < 0.97 * length[1]


@pytest.mark.parametrize("seed", range(4))
def test_a_kept_milk_tooth_stands_in_its_successors_place(seed: int) -> None:
    arch = grown_with("lower", "retained_rate", seed)
    kept = [t for t in arch.present if numbers.is_deciduous(t.fdi)]
    assert 1 <= len(kept) <= 2
    inner = {t.fdi for t in arch.present if t.in_row}
    assert not any(numbers.successor(t.fdi) in inner for t in kept)


@pytest.mark.parametrize("jaw", JAWS)
@pytest.mark.parametrize("seed", range(4))
def test_a_tooth_too_many_stands_near_the_row_and_not_inside_another(jaw: Jaw, seed: int) -> None:
    arch = grown_with(jaw, "supernumerary_rate", seed)
    extras = [t for t in arch.present if numbers.is_supernumerary(t.fdi)]
    assert 1 <= len(extras) <= 2
    for extra in extras:
        assert not extra.in_row
        gaps = [gap_mm(t, extra) for t in arch.present if t is not extra]
        assert -1.2 < min(gaps) < 3.0


def test_a_half_erupted_tooth_shows_less_of_itself() -> None:
    arch = grown_with("upper", "half_erupted_rate", 2)
    low = [t for t in arch.present if t.sunk_mm > 0]
    assert low
    rng = np.random.default_rng(0)
    surface = join(arch, {t.fdi: t.mesh for t in arch.present}, grow_gingiva(arch, rng), Border.draw(rng), rng)
    area = surface.mesh.face_areas
    for tooth in low:
        seen = area[surface.face_labels == tooth.fdi].sum()
        assert 0 < seen < 0.9 * tooth.mesh.area_mm2


def test_a_childs_jaw_becomes_one_surface_with_every_tooth_on_it() -> None:
    arch = of_age("lower", 8.0, 5)
    rng = np.random.default_rng(1)
    surface = join(arch, {t.fdi: t.mesh for t in arch.present}, grow_gingiva(arch, rng), Border.draw(rng), rng)
    assert set(np.unique(surface.face_labels)) == {0, *(t.fdi for t in arch.present)}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_new_rates_leave_the_draws_of_grown_rows_as_they_were(seed: int) -> None:
    plain = draw_arch("upper", np.random.default_rng(seed), STRAIGHT)
    rare = STRAIGHT.model_copy(
        update={"child_rate": 1e-12, "retained_rate": 1e-12, "supernumerary_rate": 1e-12, "half_erupted_rate": 1e-12}
    )
    again = draw_arch("upper", np.random.default_rng(seed), rare)
    for a, b in zip(plain.present, again.present, strict=True):
        assert a.mesh.vertices.tobytes() == b.mesh.vertices.tobytes()


def test_default_rates_bring_children_kept_teeth_and_teeth_too_many() -> None:
    s = ArchFormSettings()
    ages = [draw_form(np.random.default_rng(k), s).age_years for k in range(400)]
    assert 0.1 < np.mean([a is not None for a in ages]) < 0.2
    assert 0.03 < s.retained_rate < 0.1
    assert 0.05 < s.supernumerary_rate < 0.12


def test_a_child_can_be_a_patient_whose_jaws_meet() -> None:
    form = FULL.model_copy(update={"child_rate": 1.0, "child_age_years": (7.5, 7.5)})
    patient = run(PhantomSettings(seed=4, faces=9_000, form=form, drawn_harms=1))
    kinds = {numbers.kind(t.fdi) for t in patient.teeth}
    assert {"permanent", "deciduous"} <= kinds
    for jaw in JAWS:
        told = set(np.unique(patient.arrays[f"labels_{jaw}"]).tolist()) - {0}
        assert told <= {t.fdi for t in patient.teeth if numbers.jaw_of(t.fdi) == jaw}
        assert len(told) >= 8
    upper = concatenate([patient.shapes[f"crown_{t.fdi}"] for t in patient.teeth if numbers.jaw_of(t.fdi) == "upper"])
    meets = [
        Surface(upper).signed_distance_mm(patient.shapes[f"crown_{t.fdi}"].vertices).min()
        for t in patient.teeth
        if numbers.jaw_of(t.fdi) == "lower" and numbers.position(t.fdi) >= 4
    ]
    assert min(meets) > -1.0
    assert sum(m < 0.3 for m in meets) >= 2
