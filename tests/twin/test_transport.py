"""Particles against the formulas they must obey on average."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oral_architect.twin.transport import (
    diffusion_m2_per_s,
    stokes_speed_m_per_s,
    walk,
    wall_mobility,
)

WATER_37_C_PA_S, BODY_K = 0.69e-3, 310.15


def test_v9_stokes_settling_gives_the_tabled_speeds():
    # swarm_physics: 5 um, 70 % magnetite, 1 T/m: 493 um/s
    volume = math.pi / 6 * 5e-6**3
    speed = stokes_speed_m_per_s(2.45e5 * volume * 1.0, 5e-6, WATER_37_C_PA_S)
    assert speed == pytest.approx(493e-6, rel=1e-3)


def test_v9_a_drifting_particle_without_noise_goes_exactly_u_t():
    drift = np.array([1.0, -2.0, 0.5])
    end = walk(np.zeros((3, 3)), drift, 0.0, 0.01, 100, seed=1)
    assert end == pytest.approx(np.tile(drift, (3, 1)), rel=1e-12)


def test_v9_a_wall_slows_a_sphere_by_faxens_series():
    assert wall_mobility(1e9, 1.0) == pytest.approx(1.0)
    assert wall_mobility(2.0, 1.0) == pytest.approx(1 - 9 / 32 + 1 / 64 - 45 / 4096 - 1 / 512, rel=1e-12)
    assert wall_mobility(1.1, 1.0) < wall_mobility(3.0, 1.0)


def test_v10_mean_square_displacement_is_six_d_t():
    n, diffusion, time = 20_000, 3.3, 2.0
    end = walk(np.zeros((n, 3)), np.zeros(3), diffusion, time / 50, 50, seed=7)
    square = (end**2).sum(axis=1)
    assert abs(square.mean() - 6 * diffusion * time) < 3 * square.std() / math.sqrt(n)


def test_v10_settling_particles_take_the_barometric_height():
    n, diffusion, fall = 4_000, 1.0, 1.0  # scale height D / v = 1
    end = walk(np.full((n, 3), 1.0), np.array([0.0, 0.0, -fall]), diffusion, 0.002, 5_000, seed=11, floor=0.0)
    height = np.sort(end[:, 2])
    distance = np.abs(1 - np.exp(-height) - (np.arange(n) + 0.5) / n).max()
    assert distance < 1.63 / math.sqrt(n)  # Kolmogorov at 1 %


def test_diffusion_of_a_micrometre_sphere_is_the_tabled_one():
    assert diffusion_m2_per_s(1e-6, WATER_37_C_PA_S, BODY_K) == pytest.approx(0.66e-12, rel=0.01)


def test_other_seeds_give_other_paths_and_the_same_seed_the_same():
    paths = [walk(np.zeros((5, 3)), np.zeros(3), 1.0, 0.1, 10, seed=s) for s in (1, 1, 2)]
    assert (paths[0] == paths[1]).all()
    assert (paths[0] != paths[2]).all()
