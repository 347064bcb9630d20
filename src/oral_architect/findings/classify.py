"""What kind of loss a set of regions is, and which surfaces of the tooth it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh
from oral_architect.teeth.fdi import is_anterior

from .compare import Comparison
from .document import Kind, Surface
from .thresholds import threshold

Floats = NDArray[np.float64]

SURFACE_SHARE = 0.12
"""A surface is named when this share of the lost area lies on it."""


@dataclass(frozen=True)
class Shape:
    """Form of the exposed surface of one region, tooth frame."""

    area_mm2: float
    depth_mm: float
    upright: float
    """Cosine between its mean normal and the occlusal direction."""
    planar_rms_mm: float
    hollow_mm: float
    """How far it dips below the plane of its own rim."""


def shape_of(comparison: Comparison, region: Mask) -> Shape:
    """Describe one region, ``(n,) bool`` over the crown's vertices, in the tooth frame."""
    c = comparison
    at, weight = c.crown.vertices[region], c.area_mm2[region] + 1e-9
    mean = (c.crown.vertex_normals[region] * weight[:, None]).sum(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-12)
    deep = c.loss_mm[region] > 0.5 * c.loss_mm[region].max()
    core = at[deep] if int(deep.sum()) >= 6 else at
    normal = _plane(core)
    flat = float(np.sqrt(np.mean(((core - core.mean(axis=0)) @ normal) ** 2)))
    rim = at[_rim(c.crown, region)[region]]
    hollow = 0.0
    if len(rim) >= 4:
        up = _plane(rim)
        up = up if up @ mean >= 0 else -up
        hollow = float(-np.percentile((at - rim.mean(axis=0)) @ up, 5))
    return Shape(float(weight.sum()), float(c.loss_mm[region].max()), float(mean[2]), flat, hollow)


def kind_of(shapes: list[Shape], reduced_share: float, median_depth_mm: float) -> tuple[Kind, str]:
    """Name the loss of one tooth, with the reason as a sentence.

    Parameters
    ----------
    shapes
        Its regions, largest first.
    reduced_share
        Share of the visible crown surface inside them.
    median_depth_mm
        Median loss over them.
    """
    if reduced_share >= threshold("prepared_share", "prepared") and median_depth_mm >= threshold(
        "prepared_depth", "prepared"
    ):
        return "prepared", f"{reduced_share:.0%} of the crown is reduced, by {median_depth_mm:.1f} mm in the middle."
    main = shapes[0]
    shallow = all(s.depth_mm <= threshold("pit_depth_max", "hypoplasia") for s in shapes)
    if len(shapes) >= threshold("pits_min", "hypoplasia") and shallow and main.hollow_mm > 0:
        hollow = sum(s.hollow_mm > 0.1 for s in shapes)
        if hollow >= len(shapes) / 2:
            return "hypoplasia", f"{len(shapes)} separate shallow pits or grooves."
    steep = main.hollow_mm / np.sqrt(main.area_mm2)
    if main.hollow_mm >= threshold("cavity_hollow", "cavity") and steep >= threshold("cavity_steepness", "cavity"):
        return "cavity", f"A confined hollow, {main.hollow_mm:.1f} mm below its rim."
    planar = main.planar_rms_mm <= threshold("planar_rms", "fracture")
    upright = main.upright >= threshold("wear_upright", "wear")
    if planar and upright and main.depth_mm < threshold("fracture_depth", "fracture"):
        return "wear", "A flat facet facing the antagonist."
    if planar and main.depth_mm >= 0.5 * threshold("fracture_depth", "fracture"):
        return "fracture", f"A plane break, {main.depth_mm:.1f} mm deep."
    if main.depth_mm >= threshold("fracture_depth", "fracture") and main.hollow_mm < threshold("cavity_hollow", "cavity"):
        return "fracture", f"A corner or edge is gone, {main.depth_mm:.1f} mm deep."
    if planar and upright:
        return "wear", "A flat facet facing the antagonist."
    return "erosion", "A broad smooth loss without a facet."


def surfaces_of(fdi: int, expected: Mesh, missing: Mask, exposed_normals: Floats) -> tuple[Surface, ...]:
    """Name the surfaces lost, by the expected crown's normals where it is missing (tooth frame).

    Parameters
    ----------
    fdi
        Tooth number.
    expected
        Expected crown, tooth frame.
    missing
        ``(m,) bool`` over its points.
    exposed_normals
        ``(k, 3)``: normals of the exposed surface, used when no expected point is missing (small losses).
    """
    normals = expected.vertex_normals[missing] if int(missing.sum()) >= 5 else exposed_normals
    if len(normals) == 0:
        return ()
    top: Surface = "I" if is_anterior(fdi) else "O"
    facing_top = normals[:, 2] > (0.75 if is_anterior(fdi) else 0.6)
    sideways = np.abs(normals[:, 0]) > np.abs(normals[:, 1])
    names = np.where(sideways, np.where(normals[:, 0] > 0, "M", "D"), np.where(normals[:, 1] > 0, "B", "L"))
    names = np.where(facing_top, top, names)
    order: tuple[Surface, ...] = ("M", "O", "I", "D", "B", "L")
    return tuple(s for s in order if np.mean(names == s) >= SURFACE_SHARE)


def _plane(points: Floats) -> Floats:
    """Unit normal of the best plane through ``(n, 3)`` points."""
    _, _, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return np.asarray(axes[-1])


def _rim(mesh: Mesh, region: Mask) -> Mask:
    """Vertices of a region that have a neighbour outside it, ``(n,) bool``."""
    edges = mesh.edge_table[0]
    crossing = region[edges[:, 0]] != region[edges[:, 1]]
    touched = np.zeros(len(region), dtype=np.bool_)
    touched[edges[crossing].ravel()] = True
    return touched & region
