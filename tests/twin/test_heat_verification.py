"""The heat solver against closed-form solutions, with the order of convergence observed."""

from __future__ import annotations

import numpy as np
import pytest
from columns import DENTINE_K, DENTINE_RHO_C, ENAMEL_K, ENAMEL_RHO_C, along, column, march, observed_order, rod
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erfc

from oral_architect.errors import StageError
from oral_architect.twin.heat import Surroundings, explicit_steps, heat_block, rkl2_stages, rkl2_step
from oral_architect.twin.light import irradiance
from oral_architect.twin.walls import face_shares

PULP_K, PULP_RHO_C, SINK, MU = 0.63, 4.2e6, 3.3e4, 1200.0


def _step_error(cells: int, length_m: float = 4e-3, time_s: float = 1.0) -> float:
    h = length_m / cells
    block = column(np.full(cells, ENAMEL_K), np.full(cells, ENAMEL_RHO_C), h, films=(np.inf, 0.0), beyond=(1.0, 0.0))
    end = along(march(block, rod(np.zeros(cells)), rod(np.zeros(cells)), time_s))
    x = (np.arange(cells) + 0.5) * h
    return float(np.abs(end - erfc(x / 2 / np.sqrt(ENAMEL_K / ENAMEL_RHO_C * time_s))).max())


def test_v1_step_temperature_is_second_order():
    errors = [_step_error(cells) for cells in (40, 80, 160)]
    assert errors[-1] < 3.9e-5  # 25 um grid, as in the published verification ladder
    assert observed_order(errors) > 1.95


@pytest.mark.parametrize(("time_s", "known_c"), [(5.0, 19.9), (10.0, 28.1), (20.0, 39.8)])
def test_v2_absorbed_flux_warms_enamel_as_the_formula_says(time_s, known_c):
    cells, length_m, flux = 400, 20e-3, 1e4  # 1 W/cm2
    h = length_m / cells
    block = column(np.full(cells, ENAMEL_K), np.full(cells, ENAMEL_RHO_C), h)
    source = np.zeros(cells)
    source[0] = flux / h
    end = along(march(block, rod(np.zeros(cells)), rod(source), time_s))
    surface = end[0] + flux * (h / 2) / ENAMEL_K
    exact = 2 * flux / ENAMEL_K * np.sqrt(ENAMEL_K / ENAMEL_RHO_C * time_s / np.pi)
    assert surface == pytest.approx(exact, rel=0.01)
    assert surface == pytest.approx(known_c, rel=0.01)


def _sphere_series(biot: float, fourier: float, radius: np.ndarray) -> np.ndarray:
    """Cooling sphere of radius 1, from 1 towards 0 (Carslaw & Jaeger 1959, 9.4); infinite Biot fixes its surface."""
    total = np.zeros_like(radius)
    for n in range(1, 30):
        root = n * np.pi
        if np.isfinite(biot):
            low, high = (n - 1) * np.pi + 1e-9, n * np.pi - 1e-9
            root = brentq(lambda z: (1 - biot) * np.sin(z) - z * np.cos(z), low, high)
        weight = 4 * (np.sin(root) - root * np.cos(root)) / (2 * root - np.sin(2 * root))
        total += weight * np.exp(-(root**2) * fourier) * np.sinc(root * radius / np.pi)
    return total


def _sphere_error(cells: int, biot: float, fourier: float, *, curved: bool = True) -> float:
    """Greatest error in a sphere of voxels that a film cools, as a share of its first excess temperature."""
    x = (np.arange(2 * cells + 8) - cells - 3.5) / cells
    radius = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    ball = radius < 1
    film = biot * face_shares(ball) if curved else np.full((6, 1, 1, 1), biot)
    block = heat_block(ball * 1.0, np.ones(ball.shape), 1 / cells, Surroundings(film, np.zeros((6, 1, 1, 1))))
    field = ball * 1.0
    for _ in range(20):
        field = rkl2_step(block, field, np.zeros(ball.shape), fourier / 20)
    return float(np.abs(field[ball] - _sphere_series(biot, fourier, radius[ball])).max())


@pytest.mark.parametrize(("biot", "fourier"), [(0.1, 2.0), (1.0, 0.3)])
def test_v3_a_sphere_of_voxels_cools_through_a_film_as_a_sphere_does(biot, fourier):
    errors = [_sphere_error(cells, biot, fourier) for cells in (8, 16)]
    assert errors[-1] < 0.005
    assert observed_order(errors) > 1.5
    assert _sphere_error(16, biot, fourier, curved=False) > 0.1  # why faces are weighted: a stair has too much wall


def _octant_error(cells: int, fourier: float = 0.1) -> float:
    """The same with a fixed surface; an eighth of the sphere between insulated planes."""
    x = (np.arange(-1, cells + 1) + 0.5) / cells
    radius = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    ball = (radius < 1) & (x[:, None, None] > 0) & (x[None, :, None] > 0) & (x[None, None, :] > 0)
    film = np.array([0.0, np.inf] * 3)[:, None, None, None]
    block = heat_block(ball * 1.0, np.ones(ball.shape), 1 / cells, Surroundings(film, np.zeros((6, 1, 1, 1))))
    field = ball * 1.0
    for _ in range(20):
        field = rkl2_step(block, field, np.zeros(ball.shape), fourier / 20)
    return float(np.abs(field[ball] - _sphere_series(np.inf, fourier, radius[ball])).max())


def test_v3_a_sphere_with_a_fixed_surface_follows_the_series():
    errors = [_octant_error(cells) for cells in (12, 48)]
    assert errors[-1] < 0.005
    assert observed_order(errors, ratio=4.0) > 0.8  # a stair meets a fixed temperature half a voxel off: order 1


def _gaussian(cells: int, time_s: float, diffusivity: float = 4e-7) -> tuple[float, float]:
    """Error and mass error of a Gaussian that spreads in three dimensions."""
    half_m, early_s = 4e-3, 0.5
    h = 2 * half_m / cells
    x = -half_m + (np.arange(-1, cells + 1) + 0.5) * h
    r2 = x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2

    def exact(t: float) -> np.ndarray:
        return (4 * np.pi * diffusivity * t) ** -1.5 * np.exp(-r2 / (4 * diffusivity * t))

    inside = np.zeros(r2.shape)
    inside[1:-1, 1:-1, 1:-1] = diffusivity
    block = heat_block(inside, np.ones(r2.shape), h, Surroundings(np.zeros((6, 1, 1, 1)), np.zeros((6, 1, 1, 1))))
    start = np.where(inside > 0, exact(early_s), 0.0)
    end = march(block, start, np.zeros(r2.shape), time_s)
    core = (slice(1, -1),) * 3
    target = exact(early_s + time_s)
    error = np.abs(end[core] - target[core]).max() / target.max()
    return float(error), float(abs(end.sum() / start.sum() - 1))


def test_v4_gaussian_in_three_dimensions_is_second_order_and_loses_nothing():
    results = [_gaussian(cells, 0.5) for cells in (16, 32, 64)]
    assert observed_order([e for e, _ in results]) > 1.9
    assert max(m for _, m in results) < 1e-6


def test_v5_two_half_spaces_meet_at_the_effusivity_weighted_temperature():
    cells, h, hot, cold = 400, 20e-6, 60.0, 37.0
    k = np.where(np.arange(cells) < cells // 2, ENAMEL_K, DENTINE_K)
    rho_c = np.where(np.arange(cells) < cells // 2, ENAMEL_RHO_C, DENTINE_RHO_C)
    start = np.where(np.arange(cells) < cells // 2, hot, cold)
    end = along(march(column(k, rho_c, h), rod(start), rod(np.zeros(cells)), 1.0))
    left, right = end[cells // 2 - 1], end[cells // 2]
    face = (left * ENAMEL_K + right * DENTINE_K) / (ENAMEL_K + DENTINE_K)
    e1, e2 = np.sqrt(ENAMEL_K * ENAMEL_RHO_C), np.sqrt(DENTINE_K * DENTINE_RHO_C)
    assert face == pytest.approx((e1 * hot + e2 * cold) / (e1 + e2), rel=0.005)


def test_v6_perfused_slab_rests_on_the_cosh_profile():
    cells, length_m, sink, k = 60, 10e-3, 3.3e4, 0.63
    block = column(
        np.full(cells, k), np.full(cells, 4.2e6), length_m / cells, films=(np.inf, 0.0), beyond=(10.0, 0.0), sink=sink
    )
    field = rod(np.zeros(cells))
    for _ in range(40):
        field = rkl2_step(block, field, rod(np.zeros(cells)), 30.0)
    x = (np.arange(cells) + 0.5) * length_m / cells
    m = np.sqrt(sink / k)
    exact = 10.0 * np.cosh(m * (length_m - x)) / np.cosh(m * length_m)
    assert along(field) == pytest.approx(exact, rel=0.005)


def test_v6_uniform_tissue_decays_towards_blood_at_the_perfusion_rate():
    sink, rho_c, time_s = 3.3e4, 4.2e6, 126.0
    block = column(np.full(8, 0.63), np.full(8, rho_c), 1e-3, sink=sink)
    field = rod(np.full(8, 5.0))
    for _ in range(20):
        field = rkl2_step(block, field, rod(np.zeros(8)), time_s / 20)
    assert along(field) == pytest.approx(5.0 * np.exp(-sink / rho_c * time_s), rel=0.005)


def _pulse_exact(x_m: float, time_s: float, pulse_s: float, heat_k_s: float) -> float:
    """A perfused half space under an insulated surface, heated by ``heat exp(-mu x)`` during a pulse.

    Mirrored at its surface the body is whole, so each instant's heat spreads as exp(-mu |x|) under the heat kernel and
    fades with perfusion; the time since is summed by quadrature. The setting is that of Wang, Burgei & Zhou 2020, Open
    Phys 18:1084.
    """
    alpha, fade = PULP_K / PULP_RHO_C, SINK / PULP_RHO_C

    def since(s: float) -> float:
        root = np.sqrt(alpha * s)
        sides = [
            np.exp(alpha * MU**2 * s + sign * MU * x_m) * erfc(MU * root + sign * x_m / (2 * root)) for sign in (-1, 1)
        ]
        return float(np.exp(-fade * s) * sum(sides) / 2)

    return heat_k_s * quad(since, max(time_s - pulse_s, 1e-12), time_s, epsabs=1e-12)[0]


def _pulse_error(cells: int) -> float:
    """Greatest error during and after a pulse, as a share of the greatest rise."""
    length_m, pulse_s, light_w_m2 = 24e-3, 20.0, 5e3
    h = length_m / cells
    solid = np.zeros((cells + 2, 3, 3), dtype=bool)
    solid[1:-1, 1, 1] = True
    _, source = irradiance(solid, np.ones((3, 3), bool), light_w_m2, MU, step_m=h, towards=(0, -1))
    block = column(np.full(cells, PULP_K), np.full(cells, PULP_RHO_C), h, sink=SINK)
    field, errors, greatest = rod(np.zeros(cells)), [], 0.0
    for heat, end_s in ((source, pulse_s), (np.zeros_like(source), 3 * pulse_s)):
        for _ in range(80):
            field = rkl2_step(block, field, heat, (end_s if heat is source else 2 * pulse_s) / 80)
        for cell in range(0, cells // 4, cells // 20):
            exact = _pulse_exact((cell + 0.5) * h, end_s, pulse_s, light_w_m2 * MU / PULP_RHO_C)
            errors.append(abs(along(field)[cell] - exact))
            greatest = max(greatest, exact)
    return max(errors) / greatest


def test_v6_a_light_pulse_on_perfused_tissue_follows_its_solution_during_and_after():
    errors = [_pulse_error(cells) for cells in (80, 160, 320)]
    assert errors[-1] < 0.005
    assert observed_order(errors) > 1.8


def _manufactured_error(cells: int) -> float:
    """-(k T')' = q with k = 1 + x, T = sin(2x) + 2, Robin left, fixed right, held until it rests."""
    h = 1.0 / cells
    x = (np.arange(cells) + 0.5) * h
    flux_left, film = 2.0, 3.0  # k T' at x = 0 equals film (T - beyond)
    block = column(1 + x, np.ones(cells), h, films=(film, np.inf), beyond=(2 - flux_left / film, np.sin(2.0) + 2))
    source = rod(-2 * np.cos(2 * x) + 4 * (1 + x) * np.sin(2 * x))
    field = rod(np.sin(2 * x) + 2)
    for _ in range(60):
        field = rkl2_step(block, field, source, 0.1)
    return float(np.abs(along(field) - np.sin(2 * x) - 2).max())


def test_v7_manufactured_solution_with_variable_conductivity_film_and_source_is_second_order():
    errors = [_manufactured_error(cells) for cells in (16, 32, 64)]
    assert observed_order(errors) >= 1.9


def test_super_steps_agree_with_explicit_steps_and_need_fewer_sweeps():
    cells, h, time_s = 80, 50e-6, 2.0
    x = (np.arange(cells) + 0.5) / cells
    block = column(np.full(cells, ENAMEL_K), np.full(cells, ENAMEL_RHO_C), h, films=(15.0, 0.0), beyond=(27.0, 0.0))
    start, none = rod(37.0 + 5 * np.exp(-(((x - 0.5) / 0.2) ** 2))), rod(np.zeros(cells))
    steps = int(np.ceil(time_s / (0.9 * block.stable_s)))
    explicit = explicit_steps(block, start, none, time_s / steps, steps)
    field = start
    for _ in range(8):
        field = rkl2_step(block, field, none, time_s / 8)
    assert np.abs(along(field - explicit)).max() < 5e-3
    assert 8 * rkl2_stages(block, time_s / 8) < steps / 4


def test_a_closed_insulated_body_keeps_its_heat():
    rng = np.random.default_rng(3)
    k = np.zeros((12, 12, 12))
    k[1:-1, 1:-1, 1:-1] = rng.uniform(0.2, 2.0, (10, 10, 10)) * (rng.random((10, 10, 10)) > 0.2)
    rho_c = rng.uniform(1e6, 4e6, k.shape)
    block = heat_block(k, rho_c, 2e-4, Surroundings(np.zeros((6, 1, 1, 1)), np.zeros((6, 1, 1, 1))))
    start = np.where(k > 0, rng.uniform(30, 60, k.shape), 0.0)
    end = march(block, start, np.zeros(k.shape), 0.5)
    assert (end * rho_c).sum() == pytest.approx((start * rho_c).sum(), rel=1e-12)
    assert end[k > 0].max() <= start.max()
    assert (end[k == 0] == 0).all()


def test_a_body_at_the_border_of_its_block_is_refused():
    with pytest.raises(StageError, match="border"):
        heat_block(np.ones((4, 4, 4)), np.ones((4, 4, 4)), 1e-3, Surroundings(np.zeros(1), np.zeros(1)))
