"""Numbers run along the arch: gaps, doubles, noise and wrong class scores do not shift them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.reading.decode import ROW, ToothGroup, group_votes, number_teeth, teeth_probability
from oral_architect.anatomy.training.samples import classes_of, occlusal_frame
from oral_architect.teeth.fdi import Jaw, arch, position
from oral_architect.teeth.shape_model import crown_model

NODES = 60


def classes_along(jaw: Jaw) -> dict[int, np.ndarray]:
    """Network class of each tooth 1-7 to its mean place in the network's frame, mm."""
    teeth = [t for t in arch(jaw) if position(t) < 8]
    turn = occlusal_frame(jaw == "upper")
    classes = classes_of(np.array(teeth), jaw == "upper")
    return {int(c): turn @ crown_model(t).arch_pose[:3, 3] for c, t in zip(classes, teeth, strict=True)}


def votes_of(
    jaw: Jaw, gone: set[int], rng: np.random.Generator, *, certainty: float = 0.9, off_by_one: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Votes ``(n, 3)`` and class probabilities ``(n, 17)`` of an arch without ``gone``.

    The share ``off_by_one`` of teeth is taken for the next or the last tooth of the row.
    """
    votes, probability = [], []
    for number, centre in classes_along(jaw).items():
        if number in gone:
            continue
        told = number
        if rng.random() < off_by_one:
            place = ROW.index(number) + int(rng.choice([-1, 1]))
            told = ROW[int(np.clip(place, 0, 15))]
        votes.append(centre + rng.normal(0, 0.4, (NODES, 3)))
        row = np.full((NODES, 17), (1 - certainty) / 16)
        row[:, told] = certainty
        probability.append(row)
    return np.concatenate(votes), np.concatenate(probability).astype(np.float32)


def numbers_of(votes: np.ndarray, probability: np.ndarray, jaw: Jaw) -> list[ToothGroup]:
    return number_teeth(*group_votes(votes, 1 - probability[:, 0]), probability, all_permanent(votes), jaw)


def all_permanent(votes: np.ndarray, share: float = 0.98) -> np.ndarray:
    """Kinds ``(n, 3)`` of a mouth without milk teeth."""
    return np.tile(np.array([share, 0.01, 1 - share - 0.01], np.float32), (len(votes), 1))


@pytest.mark.parametrize("jaw", ["upper", "lower"])
@pytest.mark.parametrize("gone", [set(), {6}, {14}, {1, 9}, {5, 6, 13}])
def test_a_missing_tooth_does_not_shift_the_others(jaw: Jaw, gone: set[int]) -> None:
    teeth = numbers_of(*votes_of(jaw, gone, np.random.default_rng(0)), jaw)
    assert {t.number for t in teeth} == set(classes_along(jaw)) - gone
    assert all(len(t.nodes) == NODES for t in teeth)
    for tooth in teeth:
        assert np.linalg.norm(tooth.centre_mm - classes_along(jaw)[tooth.number]) < 0.5
        assert tooth.confidence > 0.8


@settings(max_examples=40, deadline=None)
@given(
    jaw=st.sampled_from(["upper", "lower"]),
    gone=st.sets(st.sampled_from([*range(1, 8), *range(9, 16)]), min_size=1, max_size=4),
    wrong=st.sampled_from([*range(1, 8), *range(9, 16)]),
    side=st.sampled_from([-1, 1]),
    seed=st.integers(0, 2**31),
)
def test_numbers_stay_right_when_one_tooth_is_taken_for_its_neighbour(
    jaw: Jaw, gone: set[int], wrong: int, side: int, seed: int
) -> None:
    votes, probability = votes_of(jaw, gone, np.random.default_rng(seed), certainty=0.8)
    there = [c for c in classes_along(jaw) if c not in gone]
    if wrong in there:
        rows = slice(there.index(wrong) * NODES, (there.index(wrong) + 1) * NODES)
        taken_for = ROW[ROW.index(wrong) + side]
        if taken_for in there:  # where a neighbour is there, the row cannot hold both
            probability[rows] = 0.2 / 16
            probability[rows, taken_for] = 0.55
            probability[rows, wrong] = 0.3
    teeth = numbers_of(votes, probability, jaw)
    assert {t.number for t in teeth} == set(there)


def test_numbers_always_rise_along_the_row_and_never_repeat() -> None:
    rng = np.random.default_rng(4)
    for _ in range(10):
        teeth = numbers_of(*votes_of("upper", {3}, rng, certainty=0.6, off_by_one=0.3), "upper")
        numbers = [t.number for t in teeth]
        assert len(set(numbers)) == len(numbers)
        across = [t.centre_mm[0] for t in sorted(teeth, key=lambda t: ROW.index(t.number))]
        front = [x for x in across if abs(x) < 20]
        assert front == sorted(front)


def test_two_halves_of_one_tooth_become_one() -> None:
    votes, probability = votes_of("lower", set(), np.random.default_rng(1))
    own = np.flatnonzero(probability.argmax(1) == 6)
    votes[own[: NODES // 2]] += [0, 2.0, 0]
    votes[own[NODES // 2 :]] -= [0, 2.0, 0]
    teeth = numbers_of(votes, probability, "lower")
    assert sorted(t.number for t in teeth) == sorted(classes_along("lower"))
    assert len(next(t for t in teeth if t.number == 6).nodes) == NODES


def test_votes_that_meet_nowhere_are_no_tooth() -> None:
    rng = np.random.default_rng(2)
    votes, probability = votes_of("upper", set(), rng)
    stray = rng.uniform([-30, -30, 30], [30, 30, 90], (40, 3))
    vague = np.full((40, 17), 1 / 17, np.float32)
    vague[:, 0] = 0.3
    teeth = numbers_of(np.concatenate([votes, stray]), np.concatenate([probability, vague]), "upper")
    assert {t.number for t in teeth} == set(classes_along("upper"))
    assert max(t.nodes.max() for t in teeth) < len(votes)


def test_gingiva_and_too_few_nodes_give_no_teeth() -> None:
    gingiva = np.zeros((500, 17), np.float32)
    gingiva[:, 0] = 1
    centres, owner = group_votes(np.zeros((500, 3)), 1 - gingiva[:, 0])
    assert (len(centres), set(owner.tolist())) == (0, {-1})
    kind = all_permanent(gingiva)
    assert number_teeth(centres, owner, gingiva, kind, "upper") == []
    assert (teeth_probability([], np.zeros((500, 3)), gingiva, kind)[:, 0] == 1).all()


def test_shared_probabilities_sum_to_one_and_follow_the_votes() -> None:
    votes, probability = votes_of("upper", {6}, np.random.default_rng(3))
    teeth = numbers_of(votes, probability, "upper")
    out = teeth_probability(teeth, votes, probability, all_permanent(votes))
    np.testing.assert_allclose(out.sum(1), 1, atol=1e-4)
    assert out.shape[1] == 1 + len(teeth), "a tooth that is not there gets no column"
    for i, tooth in enumerate(teeth):
        assert (out[tooth.nodes].argmax(1) == i + 1).mean() > 0.95


def test_a_milk_tooth_takes_its_successors_place_in_the_row() -> None:
    votes, probability = votes_of("lower", set(), np.random.default_rng(5))
    kind = all_permanent(votes)
    kind[probability.argmax(1) == 5] = [0.05, 0.9, 0.05]
    teeth = number_teeth(*group_votes(votes, 1 - probability[:, 0]), probability, kind, "lower")
    assert {t.number for t in teeth if t.kind == 1} == {5}
    assert sorted(t.number for t in teeth) == sorted(classes_along("lower"))


def test_a_milk_molar_where_only_permanent_ones_stand_is_not_believed() -> None:
    votes, probability = votes_of("upper", set(), np.random.default_rng(6))
    kind = all_permanent(votes)
    kind[probability.argmax(1) == 7] = [0.3, 0.65, 0.05]
    teeth = number_teeth(*group_votes(votes, 1 - probability[:, 0]), probability, kind, "upper")
    assert {t.kind for t in teeth} == {0}


def test_a_milk_canine_beside_its_successor_keeps_both() -> None:
    votes, probability = votes_of("upper", set(), np.random.default_rng(7))
    own = probability.argmax(1) == 3
    beside = votes[own] + [4.0, 3.0, 0.0]
    kind = np.concatenate([all_permanent(votes), np.tile(np.array([0.1, 0.85, 0.05], np.float32), (own.sum(), 1))])
    votes, probability = np.concatenate([votes, beside]), np.concatenate([probability, probability[own]])
    teeth = number_teeth(*group_votes(votes, 1 - probability[:, 0]), probability, kind, "upper")
    assert sorted((t.number, t.kind) for t in teeth if t.number == 3) == [(3, 0), (3, 1)]
    assert len(teeth) == 15


@pytest.mark.parametrize("place", [1, 4, 12])
def test_a_supernumerary_tooth_stands_outside_the_row_and_shifts_nobody(place: int) -> None:
    votes, probability = votes_of("upper", {6}, np.random.default_rng(8))
    own = probability.argmax(1) == place
    lingual = [0.0, -7.0, 0.0] if place == 1 else [-7.0 * np.sign(votes[own, 0].mean()), 0.0, 0.0]
    extra = votes[own] + lingual
    kind = np.concatenate([all_permanent(votes), np.tile(np.array([0.1, 0.05, 0.85], np.float32), (own.sum(), 1))])
    votes, probability = np.concatenate([votes, extra]), np.concatenate([probability, probability[own]])
    teeth = number_teeth(*group_votes(votes, 1 - probability[:, 0]), probability, kind, "upper")
    assert {t.number for t in teeth if t.kind == 0} == set(classes_along("upper")) - {6}
    assert [t.kind for t in teeth].count(2) == 1


def test_confidence_is_lower_where_two_rows_are_nearly_as_good() -> None:
    votes, probability = votes_of("lower", {5}, np.random.default_rng(9))
    sure = {t.number: t.confidence for t in numbers_of(votes, probability, "lower")}
    own = probability.argmax(1) == 4
    probability[own, 4] = probability[own, 5] = 0.45
    places = classes_along("lower")
    votes[own] += (places[5] - places[4]) / 2
    torn = {t.number: t.confidence for t in numbers_of(votes, probability, "lower")}
    assert max(torn.get(4, 0), torn.get(5, 0)) < 0.75 < sure[4]
