"""A surface as a file holds it, before anything is repaired, and what every reader needs to build one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import ScanError

MAX_VERTICES = 100_000_000
"""More is no scan of a jaw; refusing keeps a forged header from asking for all memory."""


@dataclass(frozen=True)
class Source:
    """The file being read: its path for libraries that want one, its bytes for those that do not."""

    path: Path
    data: bytes

    @property
    def where(self) -> str:
        """How errors name it."""
        return self.path.name

    def refuse(self, what: str, todo: str = "Export the scan again, for example as binary STL or PLY.") -> ScanError:
        """Return the error to raise when this file cannot be read."""
        return ScanError(what, where=self.where, todo=todo)


@dataclass(frozen=True)
class RawSurface:
    """Vertices and triangles in the file's own order and unit.

    Parameters
    ----------
    vertices
        ``(n, 3) float``, in the unit of the file.
    faces
        ``(m, 3) int``.
    unit
        The unit the format or the file declares, if any.
    unit_note
        Who says so, in words that continue "the unit is mm: ".
    notes
        What the user should know about the reading.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    unit: str | None = None
    unit_note: str = ""
    notes: tuple[str, ...] = ()


def build(
    source: Source,
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    *,
    unit: str | None = None,
    unit_note: str = "",
    notes: tuple[str, ...] = (),
) -> RawSurface:
    """Check that every face points at a vertex that is there.

    Raises
    ------
    ScanError
        When there is no vertex or no face, or a face points outside the vertices.
    """
    if len(vertices) == 0 or len(faces) == 0:
        raise source.refuse(f"the file holds {len(vertices)} vertices and {len(faces)} triangles, so no surface")
    if faces.min() < 0 or faces.max() >= len(vertices):
        bad = int(((faces < 0) | (faces >= len(vertices))).any(axis=1).sum())
        raise source.refuse(f"{bad} faces point at vertices that are not in the file, which holds {len(vertices)}")
    with np.errstate(invalid="ignore"):  # a damaged file may hold signalling NaNs; repair counts them
        points = np.ascontiguousarray(vertices, dtype=np.float64)
    return RawSurface(
        points,
        np.ascontiguousarray(faces, dtype=np.int32),
        unit,
        unit_note,
        notes,
    )


def triangulate(corners: NDArray[np.integer], sizes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Cut polygons into fans of triangles, polygon after polygon.

    Parameters
    ----------
    corners
        ``(k,) int``, the corners of all polygons one after another.
    sizes
        ``(p,) int``, how many corners each polygon has; fewer than three give nothing.

    Returns
    -------
    (m, 3) int
    """
    corners = np.asarray(corners, dtype=np.int64)
    sizes = np.asarray(sizes, dtype=np.int64)
    if len(sizes) and (sizes == 3).all():
        return np.asarray(corners.reshape(-1, 3))
    starts = np.cumsum(sizes) - sizes
    pieces = [np.zeros((0, 3), dtype=np.int64)]
    owners = [np.zeros(0, dtype=np.int64)]
    for size in np.unique(sizes[sizes >= 3]):
        polygons = np.flatnonzero(sizes == size)
        table = corners[starts[polygons, None] + np.arange(size)]
        fan = np.stack([np.broadcast_to(table[:, :1], table[:, 2:].shape), table[:, 1:-1], table[:, 2:]], axis=-1)
        pieces.append(fan.reshape(-1, 3))
        owners.append(np.repeat(polygons, size - 2))
    return np.concatenate(pieces)[np.argsort(np.concatenate(owners), kind="stable")]


def parse_numbers(source: Source, text: bytes, what: str) -> NDArray[np.float64]:
    """Read white-space separated numbers.

    Raises
    ------
    ScanError
        When something in the text is not a number; ``what`` names the block.
    """
    try:
        return np.fromstring(text, dtype=np.float64, sep=" ") if text.strip() else np.zeros(0)
    except (ValueError, DeprecationWarning) as error:
        raise source.refuse(f"the {what} hold something that is not a number") from error


def as_indices(source: Source, numbers: NDArray[np.float64], what: str) -> NDArray[np.int64]:
    """Turn parsed numbers into whole numbers.

    Raises
    ------
    ScanError
        When one is not whole or absurdly large.
    """
    if not (np.isfinite(numbers).all() and (np.abs(numbers) < 2**31).all()):
        raise source.refuse(f"the {what} hold numbers that cannot be indices")
    whole = numbers.astype(np.int64)
    if (whole != numbers).any():
        raise source.refuse(f"the {what} hold numbers that are not whole")
    return whole
