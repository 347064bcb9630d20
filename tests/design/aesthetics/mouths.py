"""Mouths with a known smile: the right side mirrored to the left, single teeth changed by a known amount."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from findings.mouth import build
from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.case import matrix4, vector
from oral_architect.design.document import Design, Restoration
from oral_architect.geometry import Mesh, concatenate
from oral_architect.teeth.fdi import mirror

Floats = NDArray[np.float64]
RIGHT = (11, 12, 13, 14, 15, 16)
ACROSS = np.diag([-1.0, 1.0, 1.0, 1.0])


@cache
def symmetric() -> Landscape:
    """An upper arch whose left side is the mirror image of its right."""
    half, _ = build(teeth=RIGHT, seed=2, axis_error_rad=0.02)
    teeth, shapes, arrays = [], {}, {}
    for tooth in half.teeth:
        for fdi, across in ((tooth.fdi, np.eye(4)), (mirror(tooth.fdi), ACROSS)):
            shapes[f"crown_{fdi}"] = half.crown(tooth.fdi).transformed(across)
            arrays[f"margin_{fdi}"] = half.arrays[f"margin_{tooth.fdi}"] @ across[:3, :3]
            turned = {
                "fdi": fdi,
                "centroid_mm": vector(np.array(tooth.centroid_mm) @ across[:3, :3]),
                "axes": tuple(vector(np.array(a) @ across[:3, :3]) for a in tooth.axes),
            }
            teeth.append(tooth.model_copy(update=turned))
    return assembled(teeth, shapes, arrays)


def assembled(teeth: list[Tooth], shapes: dict[str, Mesh], arrays: dict[str, NDArray[np.generic]]) -> Landscape:
    """A landscape of these crowns, with the arch they make up."""
    teeth = sorted(teeth, key=lambda t: t.fdi)
    crowns = [shapes[f"crown_{t.fdi}"] for t in teeth]
    arch = Arch(
        jaw="upper",
        jaw_confidence=1.0,
        pose_confidence=1.0,
        to_patient=matrix4(np.eye(4)),
        teeth=tuple(t.fdi for t in teeth),
        missing=(),
    )
    labels = np.repeat(np.array([t.fdi for t in teeth], np.int16), [len(c.vertices) for c in crowns])
    return Landscape(
        arches=(arch,),
        teeth=tuple(teeth),
        shapes={**shapes, "upper": concatenate(crowns)},
        arrays={**arrays, "labels_upper": labels},
    )


def changed(landscape: Landscape, fdi: int, change: Callable[[Floats], Floats]) -> Landscape:
    """The mouth with the crown of one tooth changed in its own frame (mesial, buccal, occlusal, mm)."""
    tooth, crown = landscape.tooth(fdi), landscape.crown(fdi)
    axes, centre = np.array(tooth.axes), np.array(tooth.centroid_mm)
    vertices = change((crown.vertices - centre) @ axes.T) @ axes + centre
    shapes = {k: m for k, m in landscape.shapes.items() if k.startswith("crown_")}
    shapes[f"crown_{fdi}"] = Mesh(vertices, crown.faces)
    arrays = {k: a for k, a in landscape.arrays.items() if k.startswith("margin_")}
    return assembled(list(landscape.teeth), shapes, arrays)


def shortened(landscape: Landscape, fdi: int, by_mm: float) -> Landscape:
    """The mouth with the incisal end of one tooth ground off level."""

    def ground(local: Floats) -> Floats:
        return np.column_stack([local[:, :2], np.minimum(local[:, 2], local[:, 2].max() - by_mm)])

    return changed(landscape, fdi, ground)


def moved(landscape: Landscape, matrix: Floats) -> Landscape:
    """The whole mouth moved rigidly."""
    turn, shift = matrix[:3, :3], matrix[:3, 3]
    teeth = tuple(
        t.model_copy(
            update={
                "centroid_mm": vector(turn @ np.array(t.centroid_mm) + shift),
                "axes": tuple(vector(turn @ np.array(a)) for a in t.axes),
            }
        )
        for t in landscape.teeth
    )
    arrays = {k: (a @ turn.T + shift if k.startswith("margin_") else a) for k, a in landscape.arrays.items()}
    shapes = {k: m.transformed(matrix) for k, m in landscape.shapes.items()}
    return landscape.model_copy(update={"teeth": teeth, "arrays": arrays, "shapes": shapes})


def restored(worn: Landscape, sound: Landscape, fdi: int) -> Design:
    """A design that gives a worn tooth its sound form back; its body is a plate on the labial face."""
    tooth = sound.tooth(fdi)
    axes, centre = np.array(tooth.axes), np.array(tooth.centroid_mm)
    return Design(
        restorations=(
            Restoration(fdi=fdi, kind="crown", material="x", volume_mm3=48.0, insertion_axis=tooth.axes[2], checks=()),
        ),
        shapes={f"restored_{fdi}": sound.crown(fdi), f"restoration_{fdi}": plate((6.0, 1.5, 8.0), axes, centre)},
    )


def plate(size_mm: tuple[float, float, float], axes: Floats, centre: Floats) -> Mesh:
    """A closed box along a tooth's axes."""
    import trimesh

    box = trimesh.creation.box(extents=size_mm)
    rows = axes if np.linalg.det(axes) > 0 else axes * [[-1.0], [1.0], [1.0]]
    return Mesh(np.asarray(box.vertices) @ rows + centre, np.asarray(box.faces))
