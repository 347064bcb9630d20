"""Deposits are integers, and every unit is accounted for."""

from __future__ import annotations

import numpy as np
import pytest
from box_tooth import crown, one_tooth
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect import programme
from oral_architect.twin.approach import approach_from_tooth
from oral_architect.twin.deposition import Approach, Delivery, deposit, surface_deficit_rms_mm

EASY = Delivery(
    payload_units=40,
    aim_sd_voxels=0.3,
    approach_voxels=5.0,
    blur_voxels=0.02,
    capture=0.8,
    retrieval=0.9,
    passes=10,
)


def _slab(size: int, height: int, dose: int):
    voxels = np.argwhere(np.ones((size, size, height), dtype=bool)).astype(np.int16)
    voxels = voxels[np.lexsort((voxels[:, 0], voxels[:, 1], voxels[:, 2]))]
    layer = (voxels[:, 2] // 2).astype(np.int16)
    outward = np.tile([0.0, 0.0, 1.0], (len(voxels), 1))
    return voxels, np.full(len(voxels), dose, dtype=np.uint16), layer, Approach(outward, voxels[:, 2].astype(np.int64))


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 300)),
    payload=st.integers(1, 70),
    odds=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    aim=st.floats(0, 3),
    seed=st.integers(0, 2**31),
)
def test_v12_dispensed_is_deposited_lost_and_retrieved_exactly(shape, payload, odds, aim, seed):
    voxels, doses, layer, approach = _slab(*shape)
    delivery = Delivery(payload, aim, 5.0, 0.05, *odds, 3)
    result = deposit(voxels, doses, layer, approach, delivery, seed=seed)
    assert result.dispensed - (result.deposited + result.lost + result.retrieved) == 0
    assert (result.filled >= 0).all()
    assert (result.filled <= doses).all()
    assert min(result.lost, result.retrieved) >= 0


def test_nothing_holds_where_the_gate_captures_nothing():
    voxels, doses, layer, approach = _slab(4, 3, 100)
    result = deposit(voxels, doses, layer, approach, Delivery(25, 0.3, 5.0, 0.02, 0.0, 1.0, 2), seed=1)
    assert result.deposited == 0
    assert result.retrieved == result.dispensed == 2 * int(doses.sum())


def test_topping_up_fills_a_slab():
    voxels, doses, layer, approach = _slab(10, 6, 255)
    once = deposit(voxels, doses, layer, approach, EASY, seed=1)
    assert once.deposited / doses.sum() > 0.99


def test_perfect_aim_and_hold_waste_nothing():
    voxels, doses, layer, approach = _slab(6, 4, 200)
    result = deposit(voxels, doses, layer, approach, Delivery(50, 0.0, 5.0, 0.0, 1.0, 1.0, 1), seed=1)
    assert result.dispensed == result.deposited == int(doses.sum())
    assert surface_deficit_rms_mm(voxels, doses, result.filled, 0.1) == 0


def test_agents_come_from_outside_the_tooth():
    landscape, design = one_tooth()
    plan = programme.run(landscape, design)
    approach = approach_from_tooth(plan.arrays["voxels_36"], plan.teeth[0], crown())
    assert np.linalg.norm(approach.outward, axis=1) == pytest.approx(1.0)
    assert (approach.outward[:, 2] > 0.5).all()  # the cap stands on a face that looks up
    top = plan.arrays["voxels_36"][:, 2] == plan.arrays["voxels_36"][:, 2].max()
    assert approach.shell[top].min() > approach.shell[~top].mean()
