"""Monte Carlo: figures are drawn as stated, and what comes out is what arithmetic says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import ReferenceDataError
from oral_architect.programme import load_profile
from oral_architect.twin.model import Model, Spread, load_model
from oral_architect.twin.uncertainty import greatest, ranges, stratified_scores, vary


def _model(**figures: tuple[float, float]) -> Model:
    return Model({n: Spread(v, sd, "1", "test", "chosen") for n, (v, sd) in figures.items()})


@settings(max_examples=30, deadline=None)
@given(count=st.integers(4, 60), seed=st.integers(0, 2**31))
def test_each_figure_is_drawn_once_from_each_stratum(count, seed):
    from scipy.special import ndtr

    scores = stratified_scores(("a", "b"), count, seed)
    for column in scores.T:
        assert sorted(np.floor(ndtr(column) * count).astype(int)) == list(range(count))


def test_a_figure_more_leaves_the_others_as_they_were():
    alone, both = stratified_scores(("k",), 20, 3), stratified_scores(("a", "k"), 20, 3)
    assert (alone[:, 0] == both[:, 1]).all()
    assert (stratified_scores(("k",), 20, 4) != alone).any()


def test_ranges_of_a_sum_are_those_of_the_normal_distribution():
    model, names = _model(a=(10.0, 3.0), b=(20.0, 4.0)), ("a", "b")
    scores = stratified_scores(names, 2000, 1)
    moved = [vary(model, names, s) for s in scores]
    found = ranges([{"sum": m["a"] + m["b"]} for m in moved], {"sum": "1"})["sum"]
    assert found.median == pytest.approx(30.0, abs=0.3)
    assert found.p95 == pytest.approx(30 + 1.645 * 5, abs=0.3)  # sd of the sum is 5
    assert found.p5 == pytest.approx(30 - 1.645 * 5, abs=0.3)


def test_the_figure_that_moves_a_result_most_is_named_first():
    names = ("small", "big", "none")
    scores = stratified_scores(names, 200, 5)
    assert greatest(names, scores, scores @ np.array([0.3, 2.0, 0.0])) == ("big", "small")


@pytest.mark.parametrize("profile", ["demonstrated", "extrapolated", "clinic-2045"])
def test_every_figure_of_the_model_says_where_it_comes_from(profile):
    model = load_model(load_profile(profile))
    for name, figure in model.figures.items():
        assert figure.source, name
        assert figure.standing in ("read", "secondary", "recalled", "computed", "measured", "assumed", "chosen"), name
    assert "placement_sd_mm" in model.uncertain
    with pytest.raises(ReferenceDataError):
        model["no_such_figure"]
