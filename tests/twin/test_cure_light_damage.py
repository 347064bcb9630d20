"""Light, setting and thermal dose against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oral_architect.twin.cure import REFERENCE_W_M2, Kamal
from oral_architect.twin.damage import cem43_min
from oral_architect.twin.light import irradiance, jacobs_depth_mm


@pytest.mark.parametrize("order", [1.0, 1.6, 2.0])
def test_v14_kamal_without_autocatalysis_follows_its_closed_form(order):
    kamal = Kamal(k1_per_s=0.2, k2_per_s=0.0, m=0.4, n=order)
    conversion, time_s = np.zeros(1), 10.0
    for _ in range(100):
        conversion = kamal.advance(conversion, np.full(1, REFERENCE_W_M2), time_s / 100)
    exact = 1 - np.exp(-0.2 * time_s)
    if order != 1.0:
        exact = 1 - (1 + (order - 1) * 0.2 * time_s) ** (-1 / (order - 1))
    assert conversion[0] == pytest.approx(exact, rel=1e-4)


def test_v14_light_sets_a_photopolymer_to_the_jacobs_depth():
    penetration_mm, critical, step_m = 0.8, 10.0, 1e-6
    solid = np.ones((1, 1, 4000), dtype=bool)
    light, _ = irradiance(solid, np.ones((1, 1), bool), 100.0, 1e3 / penetration_mm, step_m=step_m, towards=(2, 1))
    depth_mm = (light[0, 0] >= critical).sum() * step_m * 1e3
    assert depth_mm == pytest.approx(jacobs_depth_mm(100.0, critical, penetration_mm), abs=2e-3)
    assert jacobs_depth_mm(5.0, critical, penetration_mm) == 0


def test_half_the_light_cures_slower_by_the_root_of_two():
    kamal = Kamal(0.02, 0.4, 0.4, 1.6)
    rates = [kamal.rate(np.array([0.3]), np.array([w]))[0] for w in (1e4, 5e3)]
    assert rates[0] / rates[1] == pytest.approx(math.sqrt(2), rel=1e-12)


@pytest.mark.parametrize("towards", [(0, 1), (0, -1), (1, 1), (2, -1), (2, 1)])
def test_absorbed_light_is_what_entered_less_what_left(towards):
    solid = np.random.default_rng(0).random((12, 11, 10)) > 0.3
    axis, _ = towards
    spot = np.ones([n for a, n in enumerate(solid.shape) if a != axis], dtype=bool)
    _, heat = irradiance(solid, spot, 1000.0, 1200.0, step_m=2e-4, towards=towards)
    passed = np.exp(-1200.0 * 2e-4 * solid.sum(axis=axis))
    assert (heat * 2e-4).sum(axis=axis) == pytest.approx(1000.0 * (1 - passed), rel=1e-12)
    assert (heat[~solid] == 0).all()


def test_the_lit_side_is_the_warm_side():
    solid = np.ones((1, 1, 10), dtype=bool)
    up = irradiance(solid, np.ones((1, 1), bool), 1.0, 1200.0, step_m=2e-4, towards=(2, 1))[1][0, 0]
    assert (np.diff(up) > 0).all()


@pytest.mark.parametrize(("temperature_c", "minutes"), [(43.0, 1.0), (44.0, 2.0), (42.0, 0.25), (41.0, 0.0625)])
def test_thermal_dose_of_a_minute_at_a_steady_temperature(temperature_c, minutes):
    time_s = np.linspace(0, 60, 7)
    assert cem43_min(time_s, np.full(7, temperature_c)) == pytest.approx(minutes, rel=1e-12)
