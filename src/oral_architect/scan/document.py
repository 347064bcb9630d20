"""What a scan is once it has been read: one repaired surface in millimetres, and what was done to it."""

from __future__ import annotations

from oral_architect.case import Document, Record
from oral_architect.geometry import Mesh


class Repair(Record):
    """One kind of repair and how often it was needed."""

    kind: str
    """``duplicate_vertices``, ``degenerate_faces``, ``duplicate_faces``, ``inverted``, ``specks`` …"""
    count: int
    detail: str = ""


class ScanQuality(Record):
    """Figures that tell how good the surface is."""

    input_vertices: int
    input_faces: int
    vertices: int
    faces: int
    area_mm2: float
    mean_edge_mm: float
    boundary_loops: int
    components: int
    extent_mm: tuple[float, float, float]


class Scan(Document):
    """A readable surface scan.

    ``shapes["surface"]`` is the repaired mesh in mm, in the pose of the file. ``arrays["input_vertex"]``
    is ``(n_input,) int32``: for each vertex of the file, in its order, the vertex of ``surface`` that carries
    its label, or -1 where it was dropped.
    """

    name: str
    source: str
    format: str
    unit: str
    unit_reason: str
    scale_to_mm: float
    repairs: tuple[Repair, ...]
    quality: ScanQuality
    warnings: tuple[str, ...] = ()

    @property
    def surface(self) -> Mesh:
        """The repaired mesh, mm."""
        return self.shapes["surface"]
