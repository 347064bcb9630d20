"""Labelled stills of the arches: every tooth in its colour with its number, margins, landmarks, the arch curve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from oral_architect.anatomy.document import Landscape
from oral_architect.anatomy.reading.confidence import LOW_CONFIDENCE
from oral_architect.geometry import Mesh, concatenate
from oral_architect.geometry.rays import Target
from oral_architect.geometry.render import Camera, Coloured, Picture, camera_for, render, save_png
from oral_architect.teeth.fdi import Jaw, is_left, jaw_of

from .annotate import Annotation, Label, place_around, place_in_rows
from .palette import Colours, colour, tooth_colour
from .surfaces import decimated

Floats = NDArray[np.float64]
MAX_FACES = 60_000
"""Triangles of each jaw in a still."""
OCCLUSION_RAYS = 16
BESIDE_MM = 7.0
"""How much of the gingiva shows beyond the crowns in the views from the side."""
BEYOND_MIDLINE_MM = 5.5
"""Half a central incisor: so much of the other side shows in a view from the right or left."""
LIFT_MM = 0.5
"""Marks lie on the surface; from this much above it they are seen or hidden."""
SEEN_FROM = 0.05
"""A tooth is labelled when at least this share of its crown is not hidden."""
SOFTNESS = 0.48
"""How far a tooth's own colour is mixed with enamel, so that lines and letters stand out."""


@dataclass(frozen=True)
class Still:
    """One picture to make."""

    name: str
    view: str
    jaw: Jaw | None
    caption: str
    sides: tuple[str, str] = ("", "")
    """What stands at the left and the right edge."""


STILLS = (
    Still("occlusal_upper", "upper_occlusal", "upper", "Upper arch, occlusal", ("R", "L")),
    Still("occlusal_lower", "lower_occlusal", "lower", "Lower arch, occlusal", ("R", "L")),
    Still("frontal", "frontal", None, "From the front", ("R", "L")),
    Still("right", "right", None, "From the patient’s right", ("", "")),
    Still("left", "left", None, "From the patient’s left", ("", "")),
)


def write_arch_stills(folder: Path, landscape: Landscape) -> tuple[Path, ...]:
    """Write every labelled still as PNG and return the paths: both occlusal views, frontal, right and left.

    Parameters
    ----------
    folder
        Made when it is not there.
    landscape
        One arch is enough; landmarks, margins and curves are drawn where it has them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = arch_stills(landscape)
    return tuple(save_png(picture, folder / f"{name}.png") for name, picture in pictures.items())


def arch_stills(landscape: Landscape, *, scale: float = 1.0) -> dict[str, Picture]:
    """Draw the labelled stills, by name.

    Parameters
    ----------
    landscape
        One arch is enough.
    scale
        Of the pictures' size; 1 is 1200 pixels wide.
    """
    scanned = {a.jaw for a in landscape.arches if a.jaw in landscape.shapes}
    wanted = [s for s in STILLS if s.jaw is None or s.jaw in scanned]
    return {s.name: labelled_still(landscape, s, scale=scale) for s in wanted} if scanned else {}


def labelled_still(landscape: Landscape, still: Still, *, scale: float = 1.0) -> Picture:
    """Draw one labelled still; the landscape has the scan of its jaw."""
    jaws = [a.jaw for a in landscape.arches if a.jaw in landscape.shapes and still.jaw in (None, a.jaw)]
    window = _window(landscape, still, jaws)
    parts = [_coloured(landscape, jaw, window) for jaw in jaws]
    size = (round(1200 * scale), round((960 if still.jaw else 620) * scale))
    shown = [
        c for t in landscape.teeth if (c := landscape.shapes.get(f"crown_{t.fdi}")) and window.holds(t.centroid_mm)
    ]
    framed = [Coloured(c, (1, 1, 1)) for c in shown if len(c.faces)] or parts
    camera = camera_for(framed, still.view, size, margin=0.1 if still.jaw else 0.12)
    seen = _Seen(concatenate([p.mesh for p in parts]), camera)
    sheet = Annotation(render(parts, camera=camera, occlusion_rays=OCCLUSION_RAYS), camera)
    present = [t.fdi for t in landscape.teeth if jaw_of(t.fdi) in jaws and window.holds(t.centroid_mm)]
    for fdi in present:
        for name in ("margin", "incisal_edge"):
            line = landscape.arrays.get(f"{name}_{fdi}")
            if line is not None and len(line) > 1:
                sheet.line(line, seen(line), name, closed=name == "margin")
    for jaw in jaws if still.jaw else ():
        curve = landscape.arrays.get(f"arch_curve_{jaw}")
        if curve is not None and len(curve) > 1:
            sheet.line(curve, np.ones(len(curve), bool), "arch_curve", dashed=True)
    marks = [m for m in landscape.landmarks if m.fdi in present]
    visible = seen(np.array([m.at_mm for m in marks]).reshape(-1, 3))
    for mark, shown in zip(marks, visible, strict=True):
        if shown:
            sheet.mark(np.array(mark.at_mm), mark.kind)
    sheet.labels(_labels(landscape, present, still, camera, seen))
    sheet.caption(still.caption, still.sides)
    return sheet.picture()


def by_tooth(labels: NDArray[np.integer]) -> Colours:
    """Return a soft colour for each label, ``(n, 3) float``: a tooth's own mixed with enamel, gingiva pale."""
    known, at = np.unique(labels, return_inverse=True)
    pale = colour("gingiva") * 0.35 + 0.55
    table = [pale if f == 0 else tooth_colour(int(f)) * (1 - SOFTNESS) + colour("enamel") * SOFTNESS for f in known]
    return np.asarray(np.array(table)[at])


@dataclass(frozen=True, eq=False)
class _Window:
    """What lips and cheeks would leave to be seen: a box in the patient frame, mm."""

    low: Floats
    high: Floats

    def holds(self, point: ArrayLike) -> bool:
        return bool(((np.asarray(point) >= self.low) & (np.asarray(point) <= self.high)).all())

    def cut(self, mesh: Mesh) -> Mesh:
        """The part of a mesh inside, cut straight through its faces."""
        from trimesh.intersections import slice_faces_plane

        vertices, faces = mesh.vertices, mesh.faces
        for axis in range(3):
            for bound, side in ((self.low, 1.0), (self.high, -1.0)):
                if np.isfinite(bound[axis]) and len(faces):
                    normal, origin = np.zeros(3), np.zeros(3)
                    normal[axis], origin[axis] = side, bound[axis]
                    vertices, faces, _ = slice_faces_plane(vertices, faces, normal, origin)  # type: ignore[no-untyped-call]
        return Mesh(np.asarray(vertices), np.asarray(faces))


def _window(landscape: Landscape, still: Still, jaws: list[Jaw]) -> _Window:
    low, high = np.full(3, -np.inf), np.full(3, np.inf)
    teeth = [t for t in landscape.teeth if jaw_of(t.fdi) in jaws]
    if still.jaw or not teeth:
        return _Window(low, high)
    low[2] = min(t.centroid_mm[2] for t in teeth) - BESIDE_MM
    high[2] = max(t.centroid_mm[2] for t in teeth) + BESIDE_MM
    # from one side only that half is of interest; the other would show through between the teeth
    right = [t.centroid_mm[0] for t in teeth if not is_left(t.fdi)]
    left = [t.centroid_mm[0] for t in teeth if is_left(t.fdi)]
    if still.view == "right" and right:
        high[0] = max(right) + BEYOND_MIDLINE_MM
    if still.view == "left" and left:
        low[0] = min(left) - BEYOND_MIDLINE_MM
    return _Window(low, high)


def _coloured(landscape: Landscape, jaw: Jaw, window: _Window) -> Coloured:
    scan = landscape.shapes[jaw]
    labels = landscape.arrays.get(f"labels_{jaw}", np.zeros(len(scan.vertices), np.int16))
    whole = decimated(scan, MAX_FACES)
    mesh = window.cut(whole)
    mesh = mesh if len(mesh.faces) else whole
    return Coloured(mesh, by_tooth(labels[cKDTree(scan.vertices).query(mesh.vertices)[1]]))


class _Seen:
    """Which points of the surface the camera sees."""

    def __init__(self, mesh: Mesh, camera: Camera) -> None:
        self._target, self._towards = Target(mesh), -camera.axes[2]

    def __call__(self, points: Floats) -> NDArray[np.bool_]:
        if not len(points):
            return np.zeros(0, bool)
        start = np.asarray(points, dtype=float) + LIFT_MM * self._towards
        distance, _ = self._target.first_hit(start, np.broadcast_to(self._towards, start.shape))
        return np.isinf(distance)


def _labels(landscape: Landscape, present: list[int], still: Still, camera: Camera, seen: _Seen) -> tuple[Label, ...]:
    """Where each number goes: around the arch from above, in a row over and under it from the side."""
    labels = []
    for tooth in landscape.teeth:
        crown = landscape.shapes.get(f"crown_{tooth.fdi}")
        if tooth.fdi not in present or crown is None or not len(crown.vertices):
            continue
        points = crown.vertices[:: max(1, len(crown.vertices) // 240)]
        shown = seen(points)
        if shown.mean() < SEEN_FROM:
            continue
        flat = camera.project(points[shown])
        # outward from above, towards the root from the side
        way = np.array(tooth.axes[1]) if still.jaw else -np.array(tooth.axes[2])
        direction = (
            camera.project(np.array(tooth.centroid_mm) + way)[0] - camera.project(np.array(tooth.centroid_mm))[0]
        )
        doubt = tooth.confidence < LOW_CONFIDENCE
        labels.append(Label(f"{tooth.fdi}?" if doubt else str(tooth.fdi), flat, direction, doubt))
    return place_around(labels, camera.size) if still.jaw else place_in_rows(labels, camera.size)
