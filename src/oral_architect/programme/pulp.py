"""Where the pulp may be: an estimate from the crown's surface alone, with its uncertainty, never a picture of it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Record

from .block import Block

P95 = NormalDist().inv_cdf(0.95)
ROOT_MM = 6.0
"""How far the tooth is taken to go on below its scanned neck: farther than any wall is thick."""
HALF = 0.5


class Depth(Record):
    """One figure of ``pulp.toml``."""

    value: float
    sd: float
    unit: str
    source: str
    standing: str

    def shallow(self, deviations: float) -> float:
        """Return the figure that many standard deviations nearer to the surface."""
        return self.value - deviations * self.sd


def pulp_voxels(block: Block, fdi: int, *, deviations: float) -> NDArray[np.bool_]:
    """Return the voxels the pulp may fill, ``(nx, ny, nz) bool``.

    Parameters
    ----------
    deviations
        0 for the expected pulp; ``P95`` for one so large that all but one in twenty are smaller, ceiling and wall each.
    """
    from scipy import ndimage

    step = block.grid.step_mm
    whole = (block.present >= HALF) | (block.new >= HALF)
    below = int(ROOT_MM / step)
    footing = np.flatnonzero(whole.any(axis=(0, 1)))
    if len(footing) == 0:
        return whole
    # the tooth goes on below its neck, so the neck is no surface
    neck = int(footing[0]) + 1
    extended = np.concatenate([np.repeat(whole[:, :, neck : neck + 1], below, axis=2), whole[:, :, neck:]], axis=2)
    padded = np.pad(extended, ((0, 0), (0, 0), (0, 1)))
    depth = np.zeros(whole.shape)
    depth[:, :, neck:] = ndimage.distance_transform_edt(padded)[:, :, below:-1] * step - step / 2
    figures = pulp_depths()
    top = int(footing[-1])
    ceiling = top - figures[f"ceiling_{tooth_class(fdi)}_mm"].shallow(deviations) / step
    low = whole & (np.arange(whole.shape[2]) <= max(ceiling, neck + 1))
    deepest = float(depth[low].max(initial=0.0))
    wall = min(figures["wall_mm"].shallow(deviations), figures["wall_share"].shallow(deviations) * deepest)
    return np.asarray(low & (depth >= max(wall, step)))


@cache
def pulp_depths() -> dict[str, Depth]:
    """Return the figures the estimate rests on, by name."""
    rows = tomllib.loads((files(__package__) / "pulp.toml").read_text(encoding="utf-8"))
    return {name: Depth(**row) for name, row in rows.items()}


def tooth_class(fdi: int) -> str:
    """Return which pulp figures a tooth takes: ``primary``, ``anterior`` or ``posterior``."""
    if fdi >= 50:
        return "primary"
    return "anterior" if fdi % 10 <= 3 else "posterior"
