"""Numbers run along the arch: gaps, doubles, noise and wrong class scores do not shift them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.decode import ROW, ToothGroup, group_votes, number_teeth, teeth_probability
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
    return number_teeth(*group_votes(votes, 1 - probability[:, 0]), probability, jaw)


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
    assert number_teeth(centres, owner, gingiva, "upper") == []
    assert (teeth_probability([], np.zeros((500, 3)), gingiva)[:, 0] == 1).all()


def test_shared_probabilities_sum_to_one_and_follow_the_votes() -> None:
    votes, probability = votes_of("upper", {6}, np.random.default_rng(3))
    teeth = numbers_of(votes, probability, "upper")
    out = teeth_probability(teeth, votes, probability)
    np.testing.assert_allclose(out.sum(1), 1, atol=1e-4)
    assert (out[:, 6] == 0).all(), "a tooth that is not there gets nothing"
    for tooth in teeth:
        assert (out[tooth.nodes].argmax(1) == tooth.number).mean() > 0.95
