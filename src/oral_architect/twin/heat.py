"""Heat in a block of voxels: Pennes' equation, seven-point stencil, explicit and RKL2 super-time-stepping.

    rho c dT/dt = div(k grad T) + s (T_a - T) + q

``s`` is the perfusion heat sink (rho_b c_b w) and ``q`` a source. Conductivity varies from voxel to voxel, so faces
take the harmonic mean. An outer face is a Robin boundary with the half voxel in series, and becomes a fixed
temperature when its film coefficient is infinite. All arrays are float64 in SI units; millimetres stay outside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from oral_architect.errors import StageError

Field = NDArray[np.float64]
"""``(nx, ny, nz) float``."""

STABILITY_SHARE = 0.9
"""Share of the explicit stability limit that is used."""


THREADED_CELLS = 400_000
"""Voxels from which on a sweep is worth calling threads together for; the result is the same either way."""


@dataclass(frozen=True)
class HeatBlock:
    """Everything of the equation that does not change within a step.

    Parameters
    ----------
    gx, gy, gz
        ``k / h²`` of the face towards the next voxel along each axis, W/(m³ K); zero where the face leads out.
    loss
        Exchange with the surroundings and the blood, 1/s: ``(sum of U / h over open faces + s) / (rho c)``.
    feed
        The same times the temperatures exchanged with, °C/s.
    inverse_capacity
        ``1 / (rho c)``, m³ K/J; zero outside the body.
    stable_s
        Largest stable explicit step, s.
    """

    gx: Field
    gy: Field
    gz: Field
    loss: Field
    feed: Field
    inverse_capacity: Field
    stable_s: float


@dataclass(frozen=True)
class Surroundings:
    """What lies beyond the outer faces of the body.

    Parameters
    ----------
    film_w_m2_k
        Film coefficient of each open face, broadcast to ``(6, nx, ny, nz)``; faces in the order x-, x+, y-, y+, z-,
        z+. Zero insulates, infinity fixes the face's temperature.
    temperature_c
        Temperature beyond the face, broadcast likewise.
    """

    film_w_m2_k: NDArray[np.float64]
    temperature_c: NDArray[np.float64]


def heat_block(
    conductivity: Field,
    capacity: Field,
    step_m: float,
    surroundings: Surroundings,
    *,
    sink: Field | None = None,
    sink_temperature_c: float = 0.0,
) -> HeatBlock:
    """Prepare a block of voxels for stepping.

    Parameters
    ----------
    conductivity
        W/(m K); zero marks voxels outside the body, and the outermost voxels of the block must be outside.
    capacity
        rho c, J/(m³ K).
    sink
        Perfusion heat sink, W/(m³ K), towards ``sink_temperature_c``.

    Raises
    ------
    StageError
        When the body touches the border of the block.
    """
    inside = conductivity > 0
    if inside.sum() != inside[1:-1, 1:-1, 1:-1].sum():
        raise StageError("the body touches the border of its block of voxels", where="heat", todo="Pad the block.")
    inverse = np.zeros_like(capacity)
    np.divide(1.0, capacity, out=inverse, where=inside)
    gx, gy, gz = (_face_conductance(conductivity, axis) / step_m**2 for axis in range(3))
    films = np.broadcast_to(surroundings.film_w_m2_k, (6, *inside.shape))
    beyond = np.broadcast_to(surroundings.temperature_c, (6, *inside.shape))
    blood = np.zeros_like(capacity) if sink is None else np.where(inside, sink, 0.0)
    loss, feed = blood * inverse, blood * sink_temperature_c * inverse
    for face in range(6):
        exchange = _open_face_exchange(conductivity, inside, films[face], face, step_m) * inverse
        loss += exchange
        feed += exchange * beyond[face]
    return HeatBlock(gx, gy, gz, loss, feed, inverse, _stable_s((gx, gy, gz), loss, inverse))


def explicit_steps(block: HeatBlock, temperature: Field, source: Field, dt_s: float, steps: int) -> Field:
    """Advance by forward Euler; ``source`` in W/m³ is constant over the steps. Returns a new field."""
    now, then = temperature.copy(), temperature.copy()
    stencil = (block.gx, block.gy, block.gz, block.loss, block.feed, block.inverse_capacity, source)
    step = _euler_threads if now.size >= THREADED_CELLS else _euler_alone
    for _ in range(steps):
        step(now, then, *stencil, dt_s)
        now, then = then, now
    return now


def rkl2_stages(block: HeatBlock, dt_s: float) -> int:
    """Return the odd number of stages that makes a super step of ``dt_s`` stable."""
    ratio = dt_s / (STABILITY_SHARE * block.stable_s)
    stages = math.ceil((math.sqrt(9 + 16 * ratio) - 1) / 2)
    return max(3, stages + 1 - stages % 2)


def rkl2_step(block: HeatBlock, temperature: Field, source: Field, dt_s: float) -> Field:
    """Advance by one super step of the second-order Runge-Kutta-Legendre method.

    Meyer, Balsara & Aslam 2014, J. Comput. Phys. 257:594, eq. 16-18: s stages of the explicit stencil are stable for
    ``(s² + s - 2) / 4`` explicit steps. Returns a new field.
    """
    s = rkl2_stages(block, dt_s)
    w = 4.0 / (s * s + s - 2.0)
    stencil = (block.gx, block.gy, block.gz, block.loss, block.feed, block.inverse_capacity, source)
    first_rate = np.zeros_like(temperature)
    threads = temperature.size >= THREADED_CELLS
    rate, stage = (_rate_threads, _stage_threads) if threads else (_rate_alone, _stage_alone)
    rate(temperature, first_rate, *stencil)
    before, now = temperature.copy(), temperature + (_b(1) * w * dt_s) * first_rate
    for j in range(2, s + 1):
        mu = (2 * j - 1) / j * _b(j) / _b(j - 1)
        nu = -(j - 1) / j * _b(j) / _b(j - 2)
        gamma = -(1 - _b(j - 1)) * mu * w
        weights = np.array([mu, nu, mu * w * dt_s, gamma * dt_s])
        stage(before, now, temperature, first_rate, *stencil, weights)
        before, now = now, before
    return now


def _b(j: int) -> float:
    return (j * j + j - 2) / (2.0 * j * (j + 1)) if j >= 2 else 1 / 3


def _face_conductance(conductivity: Field, axis: int) -> Field:
    """Harmonic mean of the two voxels of each face, zero where one of them is outside; W/(m K)."""
    low = np.moveaxis(conductivity, axis, 0)[:-1]
    high = np.moveaxis(conductivity, axis, 0)[1:]
    face = np.zeros_like(conductivity)
    inner = np.moveaxis(face, axis, 0)[:-1]
    np.divide(2 * low * high, low + high, out=inner, where=(low > 0) & (high > 0))
    return face


def _open_face_exchange(conductivity: Field, inside: NDArray[np.bool_], film: Field, face: int, step_m: float) -> Field:
    """Heat through the open faces of one direction, W/(m³ K): film and half a voxel in series."""
    beyond = np.roll(inside, 1 if face % 2 == 0 else -1, axis=face // 2)
    open_face = inside & ~beyond & (film > 0)
    resistance = np.zeros_like(conductivity)
    np.divide(step_m / 2, conductivity, out=resistance, where=open_face)
    np.add(resistance, 1.0 / np.where(open_face, film, 1.0), out=resistance, where=open_face)
    exchange = np.zeros_like(conductivity)
    np.divide(1.0, resistance * step_m, out=exchange, where=open_face)
    return exchange


def _stable_s(faces: tuple[Field, Field, Field], loss: Field, inverse: Field) -> float:
    total = np.zeros_like(loss)
    for axis, face in enumerate(faces):
        moved, into = np.moveaxis(face, axis, 0), np.moveaxis(total, axis, 0)
        into += moved
        into[1:] += moved[:-1]
    fastest = float((total * inverse + loss / 2).max())
    return 1.0 / fastest if fastest > 0 else math.inf


@njit(inline="always")
def _conducted(t, gx, gy, gz, i, j, k):  # type: ignore[no-untyped-def]
    """Net heat conducted into a voxel, W/m³; faces that lead out have no conductance."""
    here = t[i, j, k]
    return (
        gx[i - 1, j, k] * (t[i - 1, j, k] - here)
        + gx[i, j, k] * (t[i + 1, j, k] - here)
        + gy[i, j - 1, k] * (t[i, j - 1, k] - here)
        + gy[i, j, k] * (t[i, j + 1, k] - here)
        + gz[i, j, k - 1] * (t[i, j, k - 1] - here)
        + gz[i, j, k] * (t[i, j, k + 1] - here)
    )


@njit(cache=True)
def _rate_plane(i, t, rate, gx, gy, gz, loss, feed, inverse, source):  # type: ignore[no-untyped-def]
    """dT/dt of every voxel, °C/s. Each voxel is written once by one thread, so threads cannot change the bytes."""
    for j in range(1, t.shape[1] - 1):
        for k in range(1, t.shape[2] - 1):
            rate[i, j, k] = (
                (_conducted(t, gx, gy, gz, i, j, k) + source[i, j, k]) * inverse[i, j, k]
                + feed[i, j, k]
                - loss[i, j, k] * t[i, j, k]
            )


@njit(cache=True)
def _rate_alone(t, rate, gx, gy, gz, loss, feed, inverse, source):  # type: ignore[no-untyped-def]
    for i in range(1, t.shape[0] - 1):
        _rate_plane(i, t, rate, gx, gy, gz, loss, feed, inverse, source)


@njit(parallel=True, cache=True)
def _rate_threads(t, rate, gx, gy, gz, loss, feed, inverse, source):  # type: ignore[no-untyped-def]
    for i in prange(1, t.shape[0] - 1):
        _rate_plane(i, t, rate, gx, gy, gz, loss, feed, inverse, source)


@njit(cache=True)
def _euler_plane(i, t, then, gx, gy, gz, loss, feed, inverse, source, dt_s):  # type: ignore[no-untyped-def]
    """One explicit step, in one pass over memory."""
    for j in range(1, t.shape[1] - 1):
        for k in range(1, t.shape[2] - 1):
            then[i, j, k] = t[i, j, k] + dt_s * (
                (_conducted(t, gx, gy, gz, i, j, k) + source[i, j, k]) * inverse[i, j, k]
                + feed[i, j, k]
                - loss[i, j, k] * t[i, j, k]
            )


@njit(cache=True)
def _euler_alone(t, then, gx, gy, gz, loss, feed, inverse, source, dt_s):  # type: ignore[no-untyped-def]
    for i in range(1, t.shape[0] - 1):
        _euler_plane(i, t, then, gx, gy, gz, loss, feed, inverse, source, dt_s)


@njit(parallel=True, cache=True)
def _euler_threads(t, then, gx, gy, gz, loss, feed, inverse, source, dt_s):  # type: ignore[no-untyped-def]
    for i in prange(1, t.shape[0] - 1):
        _euler_plane(i, t, then, gx, gy, gz, loss, feed, inverse, source, dt_s)


@njit(cache=True)
def _stage_plane(i, before, now, start, first_rate, gx, gy, gz, loss, feed, inverse, source, weights):  # type: ignore[no-untyped-def]
    """One RKL2 stage, written over the field of the stage before the last."""
    mu, nu, mu_dt, gamma_dt = weights[0], weights[1], weights[2], weights[3]
    for j in range(1, now.shape[1] - 1):
        for k in range(1, now.shape[2] - 1):
            rate = (
                (_conducted(now, gx, gy, gz, i, j, k) + source[i, j, k]) * inverse[i, j, k]
                + feed[i, j, k]
                - loss[i, j, k] * now[i, j, k]
            )
            before[i, j, k] = (
                mu * now[i, j, k]
                + nu * before[i, j, k]
                + (1.0 - mu - nu) * start[i, j, k]
                + mu_dt * rate
                + gamma_dt * first_rate[i, j, k]
            )


@njit(cache=True)
def _stage_alone(before, now, start, first_rate, gx, gy, gz, loss, feed, inverse, source, weights):  # type: ignore[no-untyped-def]
    for i in range(1, now.shape[0] - 1):
        _stage_plane(i, before, now, start, first_rate, gx, gy, gz, loss, feed, inverse, source, weights)


@njit(parallel=True, cache=True)
def _stage_threads(before, now, start, first_rate, gx, gy, gz, loss, feed, inverse, source, weights):  # type: ignore[no-untyped-def]
    for i in prange(1, now.shape[0] - 1):
        _stage_plane(i, before, now, start, first_rate, gx, gy, gz, loss, feed, inverse, source, weights)
