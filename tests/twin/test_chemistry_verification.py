"""Mineral, saliva and transformation against closed forms, with the order of convergence observed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from columns import observed_order
from scipy.integrate import quad
from scipy.special import erfc

from oral_architect.reference import find
from oral_architect.twin.density import Flow, spread, stable_step_s
from oral_architect.twin.mineral import (
    Solution,
    advance_front,
    film_flux_mol_m2_s,
    growth_m_per_s,
    stefan_number_root,
)
from oral_architect.twin.saliva import Mouth, peclet, speed_profile, spread_along
from oral_architect.twin.transformation import Avrami

D = 1e-9
MINERAL, BULK, EQUILIBRIUM = 1000.0, 300.0, 50.0


def _stefan(cells: int) -> tuple[float, float]:
    """Way of the front from 100 s to 400 s, found and exact."""
    solution = Solution(BULK, EQUILIBRIUM, D)
    root = stefan_number_root((BULK - EQUILIBRIUM) / (MINERAL - EQUILIBRIUM))
    length_m, early_s, late_s = 6e-3, 100.0, 400.0
    away = np.linspace(0, length_m, cells + 1)
    front = 2 * root * math.sqrt(D * early_s)
    start = BULK - (BULK - EQUILIBRIUM) * erfc((away + front) / 2 / math.sqrt(D * early_s)) / erfc(root)
    way, _ = advance_front(start, solution, MINERAL, length_m / cells, late_s - early_s)
    return way, 2 * root * math.sqrt(D) * (math.sqrt(late_s) - math.sqrt(early_s))


def test_v13_a_front_in_still_solution_grows_with_the_root_of_time():
    found = [_stefan(cells) for cells in (100, 200, 400)]
    errors = [abs(way / exact - 1) for way, exact in found]
    assert errors[-1] < 0.01
    assert observed_order(errors) > 1.9


@pytest.mark.parametrize("surface_m_per_s", [1e-6, 1e-5, 1e-4, math.inf])
def test_v13_a_film_lets_through_what_the_formula_says(surface_m_per_s):
    film_m, mineral = 8e-5, 28_850.0
    solution = Solution(1.5, 0.5, D, surface_m_per_s)
    exact = D * (1.5 - 0.5) / (film_m + D / surface_m_per_s)
    assert film_flux_mol_m2_s(solution, film_m) == pytest.approx(exact, rel=1e-12)
    # the same from the moving front, once its profile has settled
    _, settled = advance_front(np.full(41, 1.5), solution, mineral, film_m / 40, 40.0)
    way, _ = advance_front(settled, solution, mineral, film_m / 40, 10.0)
    assert way / 10.0 == pytest.approx(growth_m_per_s(exact, mineral), rel=0.01)


def test_v13_with_the_measured_order_film_and_surface_agree():
    order = find("kinetics", system="HAP", quantity="apparent_order_in_s_minus_1").need("value")
    assert order == 2
    for surface in (1e-9, 1e-6, 1e-3):
        solution = Solution(1.5, 0.5, D, surface, order)
        flux = film_flux_mol_m2_s(solution, 8e-5)
        assert solution.taken_mol_m2_s(1.5 - flux * 8e-5 / D) == pytest.approx(flux, rel=1e-6)
        assert flux <= D * 1.0 / 8e-5
    assert film_flux_mol_m2_s(Solution(0.4, 0.5, D, 1e-6, 2), 8e-5) == 0


def test_v14_avrami_at_one_temperature_follows_its_closed_form():
    row = find("kinetics", process="transformation", quantity="jma_n")
    law = Avrami(row.need("value"), 1 / 600.0)
    share = 0.0
    for _ in range(200):
        share = law.advance(share, 330.0, 330.0, 5.0)
    assert share == pytest.approx(1 - math.exp(-((1000 / 600) ** row.need("value"))), rel=1e-4)
    assert law.share(1000.0, 330.0) == pytest.approx(share, rel=1e-9)


def test_v14_nakamura_takes_the_integral_of_the_rate():
    activation = find("kinetics", process="transformation", quantity="activation_energy_kj_per_mol").need("value") * 1e3
    law = Avrami(3.5, 1 / 900.0, activation, 323.15)
    total, _ = quad(lambda t: law.rate(313.15 + t / 60), 0, 1200, epsabs=1e-12)
    share = 0.0
    for n in range(120):
        share = law.advance(share, 313.15 + n / 6, 313.15 + (n + 1) / 6, 10.0)
    assert share == pytest.approx(1 - math.exp(-(total**3.5)), rel=1e-4)
    assert law.rate(323.15) == pytest.approx(1 / 900.0)


def test_v15_the_mouth_washes_out_exponentially():
    residual = find("tissue_properties", tissue="saliva", condition="after swallow, male").need("value")
    mouth = Mouth(residual, 0.3)
    known = find("tissue_properties", tissue="saliva", quantity="dilution_time_s").need("value")
    assert mouth.dilution_time_s == pytest.approx(known, rel=0.1)  # the row rounds the mean of both sexes
    one, many = mouth.after(1.0, 300.0), 1.0
    for _ in range(100):
        many = mouth.after(many, 3.0)
    assert one == pytest.approx(math.exp(-300.0 / mouth.dilution_time_s), rel=1e-12)
    assert many == pytest.approx(one, rel=0.01)


def test_v15_a_steady_source_reaches_its_level():
    mouth = Mouth(0.8, 0.3)
    assert mouth.after(0.0, 1e6, inflow=2.0, source_per_s=0.01) == pytest.approx(2.0 + 0.01 * 60 / 0.3, rel=1e-12)


def _dispersion(across: int, channel: str, pe: float) -> float:
    """Effective over molecular diffusion of a pulse in a channel of thickness 1, by its growing variance."""
    h, length = 1 / across, 24
    along = length * across
    height = (np.arange(across) + 0.5) / across
    speed = speed_profile(height, pe, channel)
    shape = (along, across, 1)
    flow = Flow(np.broadcast_to((speed - speed.mean())[None, :, None], shape).copy(), np.zeros(shape), np.zeros(shape))
    x = (np.arange(along) + 0.5) * h - length / 2
    pulse = np.broadcast_to(np.exp(-(x**2) / 2)[:, None, None], shape).copy()
    step = stable_step_s(flow, 1.0, h)
    settle, late = math.ceil(1.0 / step), math.ceil(0.5 / step)
    pulse = spread(pulse, flow, 1.0, h, step, settle)
    before = _variance(pulse, x)
    pulse = spread(pulse, flow, 1.0, h, step, late)
    return (_variance(pulse, x) - before) / (2 * late * step)


def _variance(pulse: np.ndarray, x: np.ndarray) -> float:
    mass = pulse.sum(axis=(1, 2))
    mean = (mass * x).sum() / mass.sum()
    return float((mass * (x - mean) ** 2).sum() / mass.sum())


@pytest.mark.parametrize(("channel", "pe"), [("plates", 15.0), ("film", 8.0)])
def test_v15_a_dose_spreads_along_a_channel_as_taylor_and_aris_say(channel, pe):
    exact = spread_along(1.0, pe, 1.0, channel)
    assert peclet(pe, 1.0, 1.0) == pe
    errors = [abs(_dispersion(across, channel, pe) / exact - 1) for across in (5, 10)]
    assert errors[-1] < 0.01
    assert observed_order(errors) > 1.5


def test_a_film_is_half_a_gap():
    assert spread_along(1.0, 2.0, 1.0, "film") == pytest.approx(spread_along(1.0, 2.0, 2.0, "plates"))
    height = (np.arange(1000) + 0.5) / 1000
    for channel in ("film", "plates"):
        assert speed_profile(height, 3.0, channel).mean() == pytest.approx(3.0, rel=1e-5)
