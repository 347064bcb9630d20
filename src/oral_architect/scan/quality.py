"""Figures that tell how good a surface is, and warnings in plain words."""

from __future__ import annotations

import numpy as np

from oral_architect.geometry import Mesh
from oral_architect.scan.document import ScanQuality
from oral_architect.scan.topology import boundary_loops, face_components
from oral_architect.scan.units import extents

_COARSE_MM = 0.8
"""Mean edge from which a molar is only some twelve edges wide, and margins and fissures are guessed."""
_MANY_HOLES = 10


def measure(mesh: Mesh, *, input_vertices: int, input_faces: int) -> ScanQuality:
    """Measure a repaired surface, mm."""
    corners = mesh.vertices[mesh.faces]
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    long, middle, short = (round(float(x), 3) for x in extents(mesh.vertices))
    return ScanQuality(
        input_vertices=input_vertices,
        input_faces=input_faces,
        vertices=len(mesh.vertices),
        faces=len(mesh.faces),
        area_mm2=round(mesh.area_mm2, 3),
        mean_edge_mm=round(float(edges.mean()), 4),
        boundary_loops=boundary_loops(mesh.faces),
        components=face_components(mesh.faces)[0],
        extent_mm=(long, middle, short),
    )


def remarks(quality: ScanQuality) -> list[str]:
    """Say what the figures mean for the user."""
    said = []
    if quality.mean_edge_mm > _COARSE_MM:
        said.append(f"the surface is coarse (mean edge {quality.mean_edge_mm:.2f} mm): margins will be uncertain")
    holes = quality.boundary_loops - quality.components
    if holes > _MANY_HOLES:
        said.append(f"the surface has {holes} holes: what lies in them is not known")
    if quality.components > 1:
        said.append(f"the surface is in {quality.components} separate pieces")
    return said
