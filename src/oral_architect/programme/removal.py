"""What of the present tooth must go before new material has its place, and that it stays clear of the pulp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import matrix4, vector
from oral_architect.errors import StageError
from oral_architect.reference import find

from .block import Block
from .document import Removal
from .pulp import P95, pulp_voxels

HALF = 0.5


@dataclass(frozen=True)
class Cut:
    """One tooth's removal: the record and its voxels, outermost first."""

    record: Removal
    voxels: NDArray[np.int16]
    """``(n, 3)``, patient-frame grid of the programme's doses is another; this one is the tooth's."""
    amount: NDArray[np.float32]
    """``(n,)``, share of each voxel that goes."""


def removal(block: Block, fdi: int, *, sliver_mm3: float) -> Cut | None:
    """Find what new material and present tooth both claim; ``None`` where nothing need go.

    Two bodies that only touch share voxels at their common surface, so what counts is by how much both together are
    more than a voxel, and only where that is more than half: a cut thinner than half a voxel is not seen.

    Raises
    ------
    StageError
        When it would leave less dentine over the pulp than the limit, at the 95 % estimate of the pulp; with the place
        and by how much.
    """
    from scipy import ndimage

    both = np.clip(block.present + block.new - 1.0, 0.0, 1.0)
    parts, count = ndimage.label(both >= HALF)
    step = block.grid.step_mm
    volumes = np.asarray(ndimage.sum_labels(both, parts, range(1, count + 1))) * step**3
    core = np.isin(parts, 1 + np.flatnonzero(volumes > sliver_mm3))
    if not core.any():
        return None
    worth = ndimage.binary_dilation(core) & (both > 0)  # the thin rim of a cut belongs to it
    limit_mm = find("clinical_limits", quantity="remaining_dentine_min_mm").need("value")
    expected, sure = (_dentine_left(worth, pulp_voxels(block, fdi, deviations=d), step) for d in (0.0, P95))
    if sure[0] < limit_mm:
        at = block.to_patient(np.array([sure[1]]))[0]
        raise StageError(
            f"removal would leave {sure[0]:.1f} mm of dentine over the pulp (95 % estimate; {expected[0]:.1f} mm "
            f"expected) near ({at[0]:.1f}, {at[1]:.1f}, {at[2]:.1f}) mm, and {limit_mm:g} mm must stay",
            where=f"tooth {fdi}, step remove",
            todo=f"Make the new body {limit_mm - sure[0]:.1f} mm less deep there, or measure the pulp.",
        )
    depth = ndimage.distance_transform_edt(block.present >= HALF) * step
    voxels = np.argwhere(worth)
    order = np.lexsort((*voxels.T, np.round(depth[worth] / step)))
    voxels = voxels[order]
    record = Removal(
        fdi=fdi,
        volume_mm3=float(both[worth].sum()) * step**3,
        depth_mm=float(depth[worth].max()),
        dentine_left_mm=_finite(expected[0]),
        dentine_left_p95_mm=_finite(sure[0]),
        dentine_least_mm=limit_mm,
        voxel_mm=step,
        origin_mm=vector(np.asarray(block.grid.origin_mm)),
        from_patient=matrix4(block.from_patient),
    )
    return Cut(record, voxels.astype(np.int16), both[worth][order].astype(np.float32))


def _dentine_left(cut: NDArray[np.bool_], pulp: NDArray[np.bool_], step: float) -> tuple[float, NDArray[np.int64]]:
    """Shortest way from what is cut to the pulp, mm, and where it begins."""
    from scipy import ndimage

    voxels = np.argwhere(cut)
    if not pulp.any():
        return float("inf"), voxels[0]
    # from voxel middle to voxel middle, less the two halves
    way = np.maximum(ndimage.distance_transform_edt(~pulp)[cut] - 1.0, 0.0) * step
    nearest = int(way.argmin())
    return float(way[nearest]), voxels[nearest]


def _finite(way_mm: float) -> float | None:
    return way_mm if np.isfinite(way_mm) else None
