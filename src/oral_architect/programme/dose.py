"""Integer doses: fractions become whole units by error diffusion, and no unit is lost."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.errors import StageError


def balance(fractions: NDArray[np.float64], total: float, *, where: str = "dose") -> NDArray[np.float64]:
    """Return fractions whose sum is ``total``, by moving only the partly filled voxels.

    Parameters
    ----------
    fractions
        ``(n,) float``, 0 to 1, as sampled.
    total
        What they must sum to: the body's exact volume in voxels.

    Raises
    ------
    StageError
        When the partly filled voxels cannot take up the difference.
    """
    balanced = fractions.copy()
    for _ in range(60):
        gap = total - float(balanced.sum())
        if abs(gap) < 1e-9 * max(1.0, total):
            return balanced
        # a half-filled voxel can be wrong by much, an almost full or empty one by little
        room = balanced * (1.0 - balanced)
        if not float(room.sum()) > 0:
            break
        balanced = np.clip(balanced + gap * room / room.sum(), 0.0, 1.0)
    raise StageError(
        f"the sampled volume misses the body's volume by {total - float(fractions.sum()):.1f} voxels",
        where=where,
        todo="Use smaller voxels or check the body for self-intersections.",
    )


def quantise(fractions: NDArray[np.float64], units: int, total: int) -> NDArray[np.uint16]:
    """Turn fractions into integer doses of at most ``units``, summing to ``total`` exactly.

    The rounding error of each voxel is handed to the next in the given order (error diffusion; the order is the
    deposition order, so an error stays within its layer and line: the idea of Brunton 2015, arXiv 1506.02400, reduced
    to one line).

    Parameters
    ----------
    fractions
        ``(n,) float``, 0 to 1, in deposition order.
    units
        Dose of a full voxel, at most 65535.
    total
        Sum the doses must have; the rounded sum of ``fractions * units``.

    Raises
    ------
    StageError
        When ``total`` does not fit in the voxels.
    """
    if not 0 <= total <= units * len(fractions):
        raise StageError(f"{total} dose units do not fit in {len(fractions)} voxels of {units}", where="dose")
    doses = np.zeros(len(fractions), dtype=np.uint16)
    _diffuse(np.ascontiguousarray(fractions), units, total, doses)
    return doses


def serpentine(voxels: NDArray[np.integer], layer: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return an order that goes through each layer plane by plane, line by line, every other line backwards.

    Parameters
    ----------
    voxels
        ``(n, 3) int``.
    layer
        ``(n,) int``.
    """
    x, y, z = (voxels[:, i].astype(np.int64) for i in range(3))
    along = np.where((y + z) % 2 == 0, x, -x)
    across = np.where(z % 2 == 0, y, -y)
    return np.lexsort((along, across, z, layer))


@njit(cache=True)
def _diffuse(fractions, units, total, doses):  # type: ignore[no-untyped-def]
    carried = 0.0
    given = 0
    for i in range(fractions.shape[0]):
        wanted = fractions[i] * units + carried
        dose = min(max(int(np.floor(wanted + 0.5)), 0), units)
        doses[i] = dose
        given += dose
        carried = wanted - dose
    i = fractions.shape[0] - 1
    while given != total:  # at most a unit or two, from clipping at the very end
        if given < total and doses[i] < units and fractions[i] > 0.0:
            doses[i] += 1
            given += 1
        elif given > total and doses[i] > 0:
            doses[i] -= 1
            given -= 1
        i = i - 1 if i > 0 else fractions.shape[0] - 1
