"""Doses are whole units, and none is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oral_architect.errors import StageError
from oral_architect.programme.dose import balance, quantise, serpentine

FRACTIONS = arrays(np.float64, st.integers(1, 200), elements=st.floats(0, 1))


@settings(deadline=None)
@given(fractions=FRACTIONS, units=st.integers(1, 1000))
def test_doses_sum_to_the_total_exactly(fractions, units):
    total = round(float(fractions.sum()) * units)
    doses = quantise(fractions, units, total)
    assert int(doses.sum()) == total
    assert doses.max() <= units


@settings(deadline=None)
@given(fractions=FRACTIONS, units=st.integers(2, 255))
def test_error_diffusion_never_carries_more_than_a_unit(fractions, units):
    doses = quantise(fractions, units, round(float(fractions.sum()) * units))
    drift = np.cumsum(doses) - np.cumsum(fractions * units)
    assert np.abs(drift[:-1]).max(initial=0) <= 1.0 + 1e-6


def test_full_voxels_get_full_doses_and_empty_ones_none():
    fractions = np.array([1.0, 1.0, 0.5, 0.0, 1.0])
    assert quantise(fractions, 100, 350).tolist() == [100, 100, 50, 0, 100]


def test_a_total_that_does_not_fit_is_refused():
    with pytest.raises(StageError, match="do not fit"):
        quantise(np.ones(3), 10, 31)


def test_balancing_moves_only_partly_filled_voxels():
    fractions = np.array([1.0, 0.4, 0.6, 0.0, 1.0])
    balanced = balance(fractions, 3.1)
    assert balanced.sum() == pytest.approx(3.1, abs=1e-8)
    assert balanced[[0, 3, 4]].tolist() == [1.0, 0.0, 1.0]


def test_a_volume_the_rim_cannot_take_up_is_refused():
    with pytest.raises(StageError, match="misses"):
        balance(np.array([1.0, 0.0]), 1.5)


def test_the_serpentine_steps_from_neighbour_to_neighbour_within_a_plane():
    voxels = np.argwhere(np.ones((4, 5, 2), dtype=bool))
    path = voxels[serpentine(voxels, np.zeros(len(voxels), dtype=int))]
    for z in (0, 1):
        plane = path[path[:, 2] == z]
        assert (np.abs(np.diff(plane, axis=0)).sum(axis=1) == 1).all()
