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
    bend_per_mm: float
    """Mean curvature of its deeper half: negative where it is hollow."""


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
    return Shape(
        area_mm2=float(weight.sum()),
        depth_mm=float(c.loss_mm[region].max()),
        upright=float(mean[2]),
        planar_rms_mm=flat,
        bend_per_mm=_bend(at[deep], c.crown.vertex_normals[region][deep], weight[deep]),
    )


def kind_of(shapes: list[Shape], reduced_share: float, median_depth_mm: float) -> tuple[Kind, str]:
    """Name the loss of one tooth, with the reason as a sentence.

    Parameters
    ----------
    shapes
        Its regions, the largest volume first.
    reduced_share
        Share of the visible crown surface inside them.
    median_depth_mm
        Median loss over them.
    """
    all_round = reduced_share >= threshold("prepared_share", "prepared")
    if all_round and median_depth_mm >= threshold("prepared_depth", "prepared"):
        return "prepared", f"{reduced_share:.0%} of the crown is reduced, by {median_depth_mm:.1f} mm in the middle."
    main = shapes[0]
    shallow = all(s.depth_mm <= threshold("pit_depth_max", "hypoplasia") for s in shapes)
    hollow = [s for s in shapes if s.bend_per_mm < 0]
    if len(shapes) >= threshold("pits_min", "hypoplasia") and shallow and 2 * len(hollow) >= len(shapes):
        return "hypoplasia", f"{len(shapes)} separate shallow pits or grooves."
    steepness = main.depth_mm / np.sqrt(main.area_mm2)
    if main.bend_per_mm < threshold("cavity_bend", "cavity") and steepness >= threshold("cavity_steepness", "cavity"):
        return "cavity", f"A confined hollow, {main.depth_mm:.1f} mm deep."
    return _open_loss(main)


def _open_loss(main: Shape) -> tuple[Kind, str]:
    """Tell wear, fracture and erosion apart: flat and upright, flat or deep otherwise, or rounded."""
    deep_mm = threshold("fracture_depth", "fracture")
    if main.planar_rms_mm <= threshold("planar_rms", "fracture"):
        if main.upright >= threshold("wear_upright", "wear"):
            return "wear", "A flat facet facing the antagonist."
        if main.depth_mm >= deep_mm / 2:
            return "fracture", f"A plane break, {main.depth_mm:.1f} mm deep."
    if main.depth_mm >= deep_mm:
        return "fracture", f"A corner or edge is gone, {main.depth_mm:.1f} mm deep."
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


def _bend(points: Floats, normals: Floats, weight: Floats) -> float:
    """Mean curvature of a patch, 1/mm: positive where it bulges, negative where it is hollow.

    The slope of the normals over the points, by weighted least squares of an isotropic linear field.
    """
    total = float(weight.sum())
    off = points - (weight @ points) / total
    turn = normals - (weight @ normals) / total
    return float((weight * (off * turn).sum(axis=1)).sum() / max(float((weight * (off * off).sum(axis=1)).sum()), 1e-9))
