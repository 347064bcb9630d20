"""How fast the twin's kernels are on this machine, and how near its temperatures come to published ones.

``python benchmarks/twin.py`` prints speeds as JSON; ``--only validation`` the published figures beside the predicted.

Heat is given in lattice updates per second beside a STREAM-like triad of the same run, because a stencil can at best be
as fast as memory; deposition in agent steps per second, transport walk in particle steps per second.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from oral_architect.twin.deposition import Approach, Delivery, deposit
from oral_architect.twin.heat import HeatBlock, Surroundings, explicit_steps, heat_block, rkl2_stages, rkl2_step
from oral_architect.twin.transport import walk
from oral_architect.twin.validation import compare, published

BYTES_PER_UPDATE = 10 * 8
"""Least traffic of one explicit update: eight fields and the source read, one written, float64, caches perfect."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=128, help="edge of the heat block, voxels")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("speed", "validation"), default="speed")
    parser.add_argument("--samples", type=int, default=40, help="draws of the uncertain figures in the validation")
    options = parser.parse_args()
    if options.only == "validation":
        print_validation(options.samples)
    else:
        print_speed(options)


def print_validation(samples: int) -> None:
    """Measured against predicted, the misses, and what could not be predicted and why."""
    found = compare(samples=samples)
    print(f"calibrated share of light taken up: {found.share:.2f} (sd over draws {found.share_sd:.2f}; ", end="")
    print(f"{found.left_out} of {found.draws} draws could not be calibrated and are left out)\n")
    print("| experiment | role | published | predicted | off by | P5 - P95 | unit | |")
    print("|---|---|---|---|---|---|---|---|")
    for c in found.comparisons:
        verdict = "holds" if c.holds else "MISS"
        bound = c.role.endswith("exceed")
        off = "" if bound else f"{c.predicted / c.published - 1:+.0%}"
        print(
            f"| {c.name} | {c.role} | {'> ' if bound else ''}{c.published:.2f} | {c.predicted:.2f} | {off} "
            f"| {c.p5:.2f} - {c.p95:.2f} | {c.unit} | {verdict} |"
        )
    blind = [c for c in found.comparisons if c.role != "calibration"]
    print(f"\n{sum(c.holds for c in blind)} of {len(blind)} blind predictions hold\n\nnot predicted:")
    for row in published():
        if row.cells["use"] == "not predicted":
            print(
                f"- {row.cells['series']}, {row.cells['case']}: {row.cells['measured_c']} °C; {row.cells['condition']}"
            )


def print_speed(options: argparse.Namespace) -> None:
    triad = triad_bytes_per_s(options.repeats)
    explicit, super_steps = heat_updates_per_s(options.cells, options.repeats)
    agents, steps_an_agent = agent_rate(options.repeats)
    figures = {
        "threads": numba.get_num_threads(),
        "machine": platform.processor() or platform.machine(),
        "triad_gb_per_s": triad / 1e9,
        "heat_cells": options.cells**3,
        "heat_explicit_glups": explicit / 1e9,
        "heat_explicit_share_of_triad": explicit * BYTES_PER_UPDATE / triad,
        "heat_rkl2_glups": super_steps / 1e9,
        "deposition_agent_steps_per_s": agents,
        "deposition_steps_per_agent": steps_an_agent,
        "walk_particle_steps_per_s": walk_rate(options.repeats),
    }
    print(json.dumps(figures, indent=2))


@numba.njit(parallel=True, cache=True)
def triad_kernel(a: Any, b: Any, c: Any, scale: float) -> None:
    for i in numba.prange(a.shape[0]):
        a[i] = b[i] + scale * c[i]


def best_s(work: Callable[[], object], repeats: int) -> float:
    """Shortest of several runs, after one that compiles."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def triad_bytes_per_s(repeats: int, n: int = 8_000_000) -> float:
    a, b, c = np.zeros(n), np.ones(n), np.full(n, 2.0)
    return 3 * 8 * n / best_s(lambda: triad_kernel(a, b, c, 3.0), repeats)


def heat_updates_per_s(cells: int, repeats: int, steps: int = 20) -> tuple[float, float]:
    block = insulated_cube(cells)
    start = np.full(block.loss.shape, 37.0)
    none = np.zeros_like(start)
    explicit = best_s(lambda: explicit_steps(block, start, none, block.stable_s / 2, steps), repeats)
    dt_s = 60 * block.stable_s
    super_step = best_s(lambda: rkl2_step(block, start, none, dt_s), repeats)
    return steps * cells**3 / explicit, rkl2_stages(block, dt_s) * cells**3 / super_step


def insulated_cube(cells: int) -> HeatBlock:
    k = np.zeros((cells + 2,) * 3)
    k[1:-1, 1:-1, 1:-1] = 0.5
    return heat_block(k, np.full(k.shape, 2e6), 2e-4, Surroundings(np.zeros((6, 1, 1, 1)), np.zeros((6, 1, 1, 1))))


def agent_rate(repeats: int, edge: int = 40) -> tuple[float, float]:
    voxels = np.argwhere(np.ones((edge, edge, 10), dtype=bool)).astype(np.int16)
    dose = np.full(len(voxels), 255, dtype=np.uint16)
    layer = np.zeros(len(voxels), dtype=np.int16)
    approach = Approach(np.tile([0.0, 0.0, 1.0], (len(voxels), 1)), voxels[:, 2].astype(np.int64))
    delivery = Delivery(64, 0.9, 5.0, 0.02, 0.5, 0.9, 4)
    result = deposit(voxels, dose, layer, approach, delivery, seed=1)
    seconds = best_s(lambda: deposit(voxels, dose, layer, approach, delivery, seed=1), repeats)
    return result.agent_steps / seconds, result.agent_steps / (result.dispensed / 64)


def walk_rate(repeats: int, particles: int = 100_000, steps: int = 20) -> float:
    start = np.zeros((particles, 3))
    seconds = best_s(lambda: walk(start, np.zeros(3), 1.0, 0.01, steps, seed=1), repeats)
    return particles * steps / seconds


if __name__ == "__main__":
    main()
