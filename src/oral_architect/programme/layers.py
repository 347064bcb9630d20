"""Support-first layers: material is laid on the tooth, then on what was laid before, never in the air."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry.voxels import VoxelGrid

# Chamfer weights of a step across a face and across an edge (10 : 14 is 1 : sqrt 2 to 1 %), as integers so that equal
# distances are equal and the order of visiting cannot matter.
FACE_STEP = 10
EDGE_STEP = 14
UNREACHED = np.iinfo(np.int32).max


def growth_distance(solid: NDArray[np.bool_], support: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the shortest way through the body from the supporting tooth to each voxel.

    Parameters
    ----------
    solid
        ``(nx, ny, nz) bool``: voxels that get material.
    support
        ``(nx, ny, nz) bool``: those of them that touch the remaining tooth.

    Returns
    -------
    (nx, ny, nz) int32
        In tenths of a voxel, through faces and edges (18-neighbourhood); ``UNREACHED`` where there is no way or no
        material.
    """
    padded = np.pad(solid, 1)
    distance = np.full(padded.shape, UNREACHED, dtype=np.int32)
    seeds = np.flatnonzero(np.pad(support & solid, 1).ravel())
    _spread(padded.ravel(), distance.ravel(), seeds, *_neighbours(padded.shape))
    return np.ascontiguousarray(distance[1:-1, 1:-1, 1:-1])


def layer_numbers(distance: NDArray[np.int32], thickness_mm: float, voxel_mm: float) -> NDArray[np.int16]:
    """Return the layer of each voxel, -1 where it has none, numbered from 0 without gaps.

    A voxel is half a voxel deep already where it touches the tooth, so the first layer holds the distances below
    ``thickness - voxel / 2``.
    """
    reached = distance != UNREACHED
    depth_mm = (distance / FACE_STEP + 0.5) * voxel_mm
    layer = np.full(distance.shape, -1, dtype=np.int16)
    raw = np.ceil(depth_mm[reached] / thickness_mm - 1e-9).astype(np.int64) - 1
    _, dense = np.unique(np.maximum(raw, 0), return_inverse=True)
    layer[reached] = dense.astype(np.int16)
    return layer


def drop_or_refuse_islands(
    fractions: NDArray[np.float64], distance: NDArray[np.int32], grid: VoxelGrid, sliver_mm3: float, where: str
) -> tuple[NDArray[np.bool_], float, int]:
    """Find parts of a body that no tooth carries.

    Returns
    -------
    (nx, ny, nz) bool, float, int
        The voxels of slivers too small to matter, their volume in mm³ and their number.

    Raises
    ------
    StageError
        When a part larger than ``sliver_mm3`` hangs in the air; the message names the place.
    """
    from scipy import ndimage

    loose = (fractions > 0) & (distance == UNREACHED)
    if not loose.any():
        return loose, 0.0, 0
    parts, count = ndimage.label(loose, structure=ndimage.generate_binary_structure(3, 2))
    numbers = range(1, count + 1)
    volumes = np.asarray(ndimage.sum_labels(fractions, parts, numbers)) * grid.step_mm**3
    worst = int(volumes.argmax())
    if volumes[worst] > sliver_mm3:
        at = grid.centres(np.argwhere(parts == worst + 1)).mean(axis=0)
        raise StageError(
            f"{volumes[worst]:.2f} mm³ of material near ({at[0]:.1f}, {at[1]:.1f}, {at[2]:.1f}) mm touch neither the "
            "tooth nor material that does",
            where=where,
            todo="Join the part to the tooth in the design, or remove it.",
        )
    return loose, float(volumes.sum()), count


def _neighbours(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    offsets, steps = [], []
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            for k in (-1, 0, 1):
                order = abs(i) + abs(j) + abs(k)
                if order in (1, 2):
                    offsets.append((i * shape[1] + j) * shape[2] + k)
                    steps.append(FACE_STEP if order == 1 else EDGE_STEP)
    return np.array(offsets, dtype=np.int64), np.array(steps, dtype=np.int32)


@njit(cache=True)
def _spread(solid, distance, seeds, offsets, steps):  # type: ignore[no-untyped-def]
    """Dijkstra with a ring of buckets (Dial): integer steps of 10 and 14 need no heap."""
    ring = 15
    capacity = solid.shape[0] + 1
    queue = np.empty((ring, capacity // 16 + 64), dtype=np.int64)
    sizes = np.zeros(ring, dtype=np.int64)
    for cell in seeds:
        distance[cell] = 0
        if sizes[0] == queue.shape[1]:
            queue = _grown(queue)
        queue[0, sizes[0]] = cell
        sizes[0] += 1
    at, idle = 0, 0
    while idle < ring:
        bucket = at % ring
        idle = idle + 1 if sizes[bucket] == 0 else 0
        taken = 0
        while taken < sizes[bucket]:
            cell = queue[bucket, taken]
            taken += 1
            if distance[cell] != at:
                continue
            for n in range(offsets.shape[0]):
                other = cell + offsets[n]
                reach = at + steps[n]
                if solid[other] and reach < distance[other]:
                    distance[other] = reach
                    into = reach % ring
                    if sizes[into] == queue.shape[1]:
                        queue = _grown(queue)
                    queue[into, sizes[into]] = other
                    sizes[into] += 1
        sizes[bucket] = 0
        at += 1


@njit(cache=True)
def _grown(queue):  # type: ignore[no-untyped-def]
    larger = np.empty((queue.shape[0], queue.shape[1] * 2), dtype=queue.dtype)
    larger[:, : queue.shape[1]] = queue
    return larger
