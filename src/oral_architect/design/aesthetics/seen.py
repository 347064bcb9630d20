"""The teeth a smile is measured on: scanned crowns, and the restored ones in their place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.anatomy.measure.edges import incisal_edge
from oral_architect.anatomy.measure.facial import facial_axis, occlusal_end
from oral_architect.anatomy.measure.view import CrownView
from oral_architect.design.document import Design
from oral_architect.geometry import Mesh, Points
from oral_architect.teeth import fdi as numbers

Floats = NDArray[np.float64]
_EDGE_SHARE = 0.002
"""Share of the vertices at either end of a crown taken for noise."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One tooth with what a smile takes from it, patient frame, mm."""

    view: CrownView
    restored: bool
    tip_mm: Floats
    """Incisal midpoint, canine tip, or the highest buccal place of a premolar or molar."""
    edge_mm: Points | None
    """``(k, 3)``, from mesial to distal; ``None`` behind the canines and where it is lost."""
    zenith_mm: Floats | None

    @property
    def fdi(self) -> int:
        """Its number."""
        return self.view.fdi

    @cached_property
    def visible(self) -> Mesh:
        """Its surface above the most apical place of the gingival margin, patient frame."""
        mesh = self.view.crown
        if self.zenith_mm is None:
            return mesh
        height = (mesh.vertices - self.zenith_mm) @ self.view.axes[2]
        above = (height > 0)[mesh.faces].any(axis=1)
        return mesh.part(above)[0] if above.any() else mesh

    def extent(self, direction: Floats) -> tuple[float, float]:
        """Return the ends of the visible crown along a direction of the patient frame, mm."""
        low, high = np.quantile(self.visible.vertices @ direction, [_EDGE_SHARE, 1 - _EDGE_SHARE])
        return float(low), float(high)


def seen_teeth(landscape: Landscape, design: Design | None) -> tuple[dict[int, Seen], tuple[str, ...]]:
    """Look at every permanent tooth of a mouth.

    Parameters
    ----------
    landscape
        Crowns, margins, axes.
    design
        Its restored forms stand in place of the scanned crowns; a pontic is added.

    Returns
    -------
    dict of Seen, tuple of str
        By FDI number, and sentences on what could not be taken.
    """
    restored = {} if design is None else {r.fdi: design.shapes.get(f"restored_{r.fdi}") for r in design.restorations}
    found: dict[int, Seen] = {}
    warnings: list[str] = []
    for tooth in landscape.teeth:
        mesh = restored.get(tooth.fdi)
        crown = mesh if mesh is not None else landscape.shapes.get(f"crown_{tooth.fdi}")
        if not numbers.is_permanent(tooth.fdi) or crown is None or len(crown.faces) == 0:
            continue
        margin = np.asarray(landscape.arrays.get(f"margin_{tooth.fdi}", np.empty((0, 3))), dtype=np.float64)
        found[tooth.fdi] = _look(
            CrownView(tooth.fdi, crown, margin, np.array(tooth.centroid_mm), np.array(tooth.axes), None),
            mesh is not None,
        )
    for fdi, mesh in restored.items():
        if mesh is None or fdi in found:
            continue
        axes = _axes_between(landscape, fdi)
        if axes is None:
            warnings.append(f"Tooth {fdi} has no neighbour that tells how it stands; it is left out.")
            continue
        centre = mesh.vertices.mean(axis=0)
        found[fdi] = _look(CrownView(fdi, mesh, np.empty((0, 3)), centre, axes, None), True)
    return dict(sorted(found.items())), tuple(warnings)


def _look(view: CrownView, restored: bool) -> Seen:
    edge = incisal_edge(view)
    local = occlusal_end(view, {})
    if edge is not None:
        middle = next((p.at for p in edge.points if p.name == "midpoint"), None)
        local = edge.line_mm[edge.line_mm[:, 2].argmax()] if middle is None else middle
    zenith = facial_axis(view, {}).zenith.at if len(view.margin_mm) >= 3 else None
    return Seen(
        view=view,
        restored=restored,
        tip_mm=view.world(np.asarray(local)),
        edge_mm=None if edge is None else view.world(edge.line_mm),
        zenith_mm=None if zenith is None else view.world(zenith),
    )


def _axes_between(landscape: Landscape, fdi: int) -> Floats | None:
    """Mesial, buccal, occlusal of a tooth that is not there, from those beside it."""
    beside = [t for t in landscape.teeth if t.fdi in numbers.neighbours(fdi)]
    if not beside:
        return None
    # over the midline mesial turns round
    turn = [1.0 if numbers.is_left(t.fdi) == numbers.is_left(fdi) else -1.0 for t in beside]
    occlusal = np.mean([t.axes[2] for t in beside], axis=0)
    occlusal /= np.linalg.norm(occlusal)
    mesial = np.mean([s * np.array(t.axes[0]) for s, t in zip(turn, beside, strict=True)], axis=0)
    mesial -= (mesial @ occlusal) * occlusal
    length = float(np.linalg.norm(mesial))
    if length < 1e-6:
        return None
    mesial /= length
    buccal = np.cross(occlusal, mesial)
    buccal *= np.sign(buccal @ np.mean([t.axes[1] for t in beside], axis=0)) or 1.0
    return np.stack([mesial, buccal, occlusal])
