"""Full-crown preparations: finish line, tapered walls and reduced biting surface of a tooth ground for a crown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import gaussian_filter, grey_erosion

from oral_architect.errors import SettingsError, StageError
from oral_architect.geometry.mesh import Mesh, Points
from oral_architect.reference import find
from oral_architect.teeth.fdi import is_anterior

from .crown_parts import CrownParts
from .cutting import height_body, intersect, subtract
from .noise import waves
from .ranges import draw

Margin = Literal["chamfer", "shoulder", "feather"]

_SECTORS = 96
_GRID_MM = 0.15
_FAR_MM = 14.0
_LEAST_WALL_MM = 0.7
_SPARED_WALL_MM = 0.5
_UNTOUCHED_MM = 1e-4
"""A face this near the intact crown was not ground."""


@dataclass(frozen=True)
class Reduction:
    """How much is ground away so that a crown of a material has room.

    Parameters
    ----------
    margin_mm
        Depth of the finish line.
    axial_mm
        From the walls.
    occlusal_mm
        From the biting surface or edge.
    source
        Where the figures were read.
    """

    margin_mm: float
    axial_mm: float
    occlusal_mm: float
    source: str


@dataclass(frozen=True, eq=False)
class PreparedCrown:
    """A prepared tooth and the truth about it.

    Parameters
    ----------
    mesh
        Closed manifold, tooth frame, mm.
    margin_line
        ``(k, 3) float, mm``: the finish line, closed, counter-clockwise seen from occlusal: where ground and untouched
        surface meet.
    insertion_axis
        ``(3,) float``: unit direction in which a crown is taken off.
    margin
        Kind of finish line.
    taper_deg
        Angle of each wall against the insertion axis.
    reduction
        What was ground away.
    lost_volume_mm3
        Volume of the intact crown less that of this one.
    """

    mesh: Mesh
    margin_line: Points
    insertion_axis: Points
    margin: Margin
    taper_deg: float
    reduction: Reduction
    lost_volume_mm3: float


def reduction_for(
    material: str = "IPS e.max CAD (LS2)", restoration: str = "crown, conventional cementation"
) -> Reduction:
    """Return the reduction that the thickness limits of a crown material ask for.

    Raises
    ------
    ReferenceDataError
        When ``reference/thickness_limits.csv`` lacks one of the regions for this material.
    """
    regions = ("margin (shoulder/chamfer)", "axial/circular", "occlusal/incisal")
    found = [find("thickness_limits", material=material, restoration=restoration, region=r) for r in regions]
    margin, axial, occlusal = (row.need("min_mm") for row in found)
    return Reduction(margin, axial, occlusal, source=found[0].source)


def prepare(
    crown: Mesh,
    fdi: int,
    margin: Margin,
    rng: np.random.Generator,
    *,
    reduction: Reduction | None = None,
    taper_deg: float | None = None,
    gingiva_mm: float = 0.0,
    undercut_mm: float = 0.0,
) -> PreparedCrown:
    """Grind a crown down to a full-crown preparation.

    Parameters
    ----------
    crown
        Closed crown in its tooth frame, mm.
    fdi
        Tooth number.
    margin
        ``"chamfer"``, ``"shoulder"`` or ``"feather"``.
    rng
        Source of chance: height and course of the finish line, unevenness, taper unless given.
    reduction
        Amounts to grind away; those of lithium disilicate unless given.
    taper_deg
        Angle of each wall against the insertion axis.
    gingiva_mm
        How much of the crown above its base lies under the gingiva; the finish line runs above it.
    undercut_mm
        How much deeper one wall is ground at its foot than its taper allows.

    Raises
    ------
    SettingsError
        When the kind of margin is unknown.
    StageError
        When the crown is not closed, or too small to be prepared.
    ReferenceDataError
        When the thickness limits are missing.
    """
    if margin not in get_args(Margin):
        raise SettingsError(
            f"there is no margin '{margin}'",
            where=f"preparation of tooth {fdi}",
            todo="Use chamfer, shoulder, feather.",
        )
    asked = reduction or reduction_for()
    taper = draw(rng, "preparation", "taper") if taper_deg is None else taper_deg
    parts = CrownParts(crown, fdi, gingiva_mm)
    # A short crown keeps a wall to hold on to: its finish line goes lower, under the gingiva if need be.
    ceiling = float(parts.high_mm[2]) - asked.occlusal_mm - asked.margin_mm - _LEAST_WALL_MM
    line = _finish_line(parts, draw(rng, "preparation", "margin_above_gingiva"), ceiling, rng)
    depth = draw(rng, "preparation", "feather_width") if margin == "feather" else asked.margin_mm
    # The neck of a small tooth is not ground to a spindle.
    depth = min(depth, 0.3 * float(line.radii.min()))
    rise = float(parts.high_mm[2] - line.heights.min()) + 2.0
    profile = _profile(margin, depth, rise, taper)
    rings = _rings(parts, line, profile, depth)
    if undercut_mm > 0:
        rings = _undermined(rings, line, undercut_mm, rng)
    core = _core(parts, line, rings, draw(rng, "preparation", "roughness"), rng)
    # The top is shaped without a second ledge: near the line it leaves the wall as deep as it is ground there.
    foot = _Foot(depth, float(profile[1, 1]) if margin == "feather" else depth)
    spared = replace(asked, axial_mm=min(asked.axial_mm, max(depth, 2 * _GRID_MM)))
    room = _ground_top(parts, line, foot, spared, rng)
    mesh = subtract(intersect([crown, core]), [room])
    lost = crown.volume_mm3 - mesh.volume_mm3
    if len(mesh.faces) < 200 or lost > 0.85 * crown.volume_mm3:
        raise StageError(
            "too little of the tooth is left", where=f"preparation of tooth {fdi}", todo="Ask for less reduction."
        )
    return PreparedCrown(mesh, _edge_of_ground(crown, mesh), np.array([0.0, 0, 1]), margin, taper, asked, lost)


@dataclass(frozen=True, eq=False)
class _Line:
    """A finish line in polar form about an upright axis."""

    center: NDArray[np.float64]
    angles: NDArray[np.float64]
    radii: NDArray[np.float64]
    heights: NDArray[np.float64]

    @property
    def points(self) -> Points:
        ring = np.stack([np.cos(self.angles), np.sin(self.angles)], axis=1) * self.radii[:, None] + self.center
        return np.concatenate([ring, self.heights[:, None]], axis=1)

    def level_at(self, u: Points, v: Points) -> NDArray[np.float64]:
        """Height of the line, carried inwards and outwards by inverse square distance."""
        away = (u[..., None] - self.points[:, 0]) ** 2 + (v[..., None] - self.points[:, 1]) ** 2
        weight = 1.0 / (away + 0.01)
        return np.asarray((weight @ self.heights) / weight.sum(axis=-1))


def _finish_line(parts: CrownParts, above_mm: float, ceiling_mm: float, rng: np.random.Generator) -> _Line:
    """Follow the gingival margin ``above_mm`` higher, on the surface of the crown."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    angles = np.arange(_SECTORS) / _SECTORS * 2 * np.pi
    around = np.stack([np.cos(angles), np.sin(angles), np.zeros(_SECTORS)], axis=1)
    heights = parts.rim_mm(around) + parts.gingiva_mm + above_mm
    uneven = waves(rng, 2.5)(around * float(parts.high_mm[:2].mean()))
    heights = np.minimum(heights, ceiling_mm) + 0.05 * uneven
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, parts.mesh.vertices[parts.mesh.faces].astype(np.float32))
    starts = around * _FAR_MM + np.array([0, 0, 1.0]) * heights[:, None]
    hit = np.asarray(scene.run(starts.astype(np.float32), -around.astype(np.float32), query="DISTANCE"), dtype=float)
    radii = _FAR_MM - np.minimum(hit, _FAR_MM - 0.5)
    ring = around[:, :2] * radii[:, None]
    center = (ring.max(axis=0) + ring.min(axis=0)) / 2
    own = ring - center
    own_angles = np.arctan2(own[:, 1], own[:, 0]) % (2 * np.pi)
    order = np.argsort(own_angles, kind="stable")
    return _Line(center, own_angles[order], np.linalg.norm(own, axis=1)[order], heights[order])


def _profile(margin: Margin, depth: float, rise: float, taper_deg: float) -> NDArray[np.float64]:
    """Cross-section from the finish line to the top: ``(k, 2) mm``, inward offset and height above the line."""
    slope = np.tan(np.deg2rad(taper_deg))
    if margin == "chamfer":
        turn = np.linspace(0, np.pi / 2 - np.deg2rad(taper_deg), 7)
        foot = np.stack([np.sin(turn), 1 - np.cos(turn)], axis=1) * depth
    elif margin == "shoulder":
        turn = np.linspace(0, np.pi / 2 - np.deg2rad(taper_deg), 4)
        bend = np.stack([np.sin(turn), 1 - np.cos(turn)], axis=1) * 0.25 * depth
        foot = np.concatenate([[[0.0, 0.0], [0.4 * depth, 0.0]], bend + np.array([0.75 * depth, 0.0])])
    else:
        foot = np.array([[0.0, 0.0], [0.5 * depth, 0.6], [depth, 1.6]])
    up = np.linspace(0.25, rise, 24)[:, None]
    return np.concatenate([foot, foot[-1] + up * np.array([slope, 1.0])])


Rings = list[tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Radii and heights over the angles of the finish line, mm, from the line upwards."""


def _rings(parts: CrownParts, line: _Line, profile: NDArray[np.float64], depth: float) -> Rings:
    """Course of the ground wall: the tapered profile, and nowhere less deep in the crown than the finish line asks."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    # Rounded in the corner so that an inward offset along the normal of the ring stays a simple curve.
    smooth = np.real(np.fft.ifft(np.fft.fft(line.radii) * (np.abs(np.fft.fftfreq(_SECTORS, 1 / _SECTORS)) < 9)))
    gradient = np.gradient(np.concatenate([smooth[-3:], smooth, smooth[:3]]))[3:-3]
    lean = np.sqrt(1 + (gradient / (2 * np.pi / _SECTORS) / smooth) ** 2)
    out = np.column_stack([np.cos(line.angles), np.sin(line.angles), np.zeros(_SECTORS)])
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, parts.mesh.vertices[parts.mesh.faces].astype(np.float32))
    rings, before = [], line.radii
    for inward, up in profile:
        radii = line.radii - np.minimum(inward * lean, 0.72 * line.radii)
        if inward > 0:
            starts = np.column_stack([out[:, :2] * _FAR_MM + line.center, line.heights + up]).astype(np.float32)
            hit = np.asarray(scene.run(starts, -out.astype(np.float32), query="DISTANCE"), dtype=float)
            own = np.where(hit < _FAR_MM, _FAR_MM - hit, np.inf)
            followed = np.maximum(own - min(inward, depth) * lean, 0.28 * line.radii)
            radii = np.minimum(np.minimum(radii, followed), before)
        before = radii
        rings.append((radii, line.heights + up))
    return rings


def _undermined(rings: Rings, line: _Line, undercut_mm: float, rng: np.random.Generator) -> Rings:
    """Grind the foot of one wall deeper, fading out sideways and over two millimetres of height."""
    aside = np.exp(-((((line.angles - rng.uniform(0, 2 * np.pi) + np.pi) % (2 * np.pi) - np.pi) / 0.6) ** 2))
    wall = [k for k in range(1, len(rings)) if np.median(rings[k - 1][0] - rings[k][0]) < 0.1]
    foot = rings[wall[0]][1]
    result = []
    for radii, heights in rings:
        up = np.clip((heights - foot) / 2.0, 0, 1)
        fade = np.where(heights < foot, np.clip(1 - (foot - heights) / 0.5, 0, 1), 1 - up)
        result.append((radii - undercut_mm * aside * fade, heights))
    return result


def _core(parts: CrownParts, line: _Line, rings: Rings, roughness: float, rng: np.random.Generator) -> Mesh:
    """Body that keeps all below the finish line and a tapered stump above it."""
    low = float(parts.low_mm[2]) - 1.0
    wide = np.full(_SECTORS, _FAR_MM)
    all_rings = [(wide, np.full(_SECTORS, low)), (wide, line.heights - 0.02 * (_FAR_MM - line.radii)), *rings]
    uneven = waves(rng, 0.8)
    levels = []
    for i, (radii, heights) in enumerate(all_rings):
        xy = np.stack([np.cos(line.angles), np.sin(line.angles)], axis=1)
        grain = uneven(np.column_stack([xy * radii[:, None], heights])) * roughness if i > 2 else 0.0
        levels.append(np.column_stack([xy * (radii + grain)[:, None] + line.center, heights]))
    return _loft(levels)


def _edge_of_ground(crown: Mesh, prepared: Mesh) -> Points:
    """The lowest long border between ground and untouched surface, ``(k, 3) mm``, counter-clockwise seen from above."""
    from oral_architect.geometry.closest import Surface

    centres = prepared.vertices[prepared.faces].mean(axis=1)
    ground = Surface(crown).nearest(centres).distance_mm > _UNTOUCHED_MM
    part, _ = prepared.part(ground)
    found = [part.vertices[ring] for ring in _rings_of(part.open_edges)]
    longest = max(_length_mm(ring) for ring in found)
    # where some biting surface was left untouched, its border is a ring too, but a higher one
    line = min((ring for ring in found if _length_mm(ring) > 0.6 * longest), key=lambda ring: float(ring[:, 2].mean()))
    x, y = line[:, 0], line[:, 1]
    turned = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    return line if turned > 0 else line[::-1]


def _rings_of(edges: NDArray[np.int64]) -> list[list[int]]:
    """Directed edges as rings of vertices; where rings touch in a vertex they part there."""
    following: dict[int, list[int]] = {}
    for start, end in edges.tolist():
        following.setdefault(start, []).append(end)
    rings = []
    while following:
        path = [next(iter(following))]
        while path[-1] in following:
            end = following[path[-1]].pop()
            if not following[path[-1]]:
                del following[path[-1]]
            if end in path:
                start = path.index(end)
                rings.append(path[start:])
                path = path[: start + 1]
            else:
                path.append(end)
    return rings


def _length_mm(ring: Points) -> float:
    return float(np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1).sum())


def _loft(levels: list[Points]) -> Mesh:
    """Closed body through rings of equal length, bottom first, counter-clockwise seen from above."""
    n, k = len(levels[0]), len(levels)
    points = np.concatenate([*levels, levels[0].mean(axis=0)[None], levels[-1].mean(axis=0)[None]])
    here = np.arange(n)
    after = (here + 1) % n
    faces = [np.stack([after, here, np.full(n, n * k)], axis=1)]
    for i in range(k - 1):
        a, b, c, d = here + i * n, after + i * n, after + (i + 1) * n, here + (i + 1) * n
        faces += [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
    faces.append(np.stack([here + (k - 1) * n, after + (k - 1) * n, np.full(n, n * k + 1)], axis=1))
    return Mesh(points, np.concatenate(faces).astype(np.int32))


@dataclass(frozen=True)
class _Foot:
    """Where the finish line turns into the wall, mm."""

    depth: float
    """Inwards of the line."""
    height: float
    """Above it."""


def _ground_top(parts: CrownParts, line: _Line, foot: _Foot, reduction: Reduction, rng: np.random.Generator) -> Mesh:
    """Body above the stump: the outer surface moved inwards by the reduction, in plain planes and soft valleys.

    The inward offset of a surface seen from above is its grey-scale erosion by a ball; here an ellipsoid, because
    walls and biting surface lose different amounts.
    """
    low, high = parts.low_mm[:2] - 0.6, parts.high_mm[:2] + 0.6
    axes = [np.arange(low[i], high[i] + _GRID_MM, _GRID_MM) for i in range(2)]
    u, v = np.meshgrid(*axes, indexing="ij")
    # The finish line is spared, and a wall above it; inwards the floor levels out instead of hollowing the stump.
    level = line.level_at(u, v) + foot.height
    top = _seen_from_above(parts, u, v)
    reach = int(np.ceil(reduction.axial_mm / _GRID_MM))
    offset = np.arange(-reach, reach + 1) * _GRID_MM / reduction.axial_mm
    r2 = offset[:, None] ** 2 + offset[None, :] ** 2
    ball = reduction.occlusal_mm * np.sqrt(np.clip(1 - r2, 0, 1))
    inner = grey_erosion(top, footprint=r2 <= 1.0, structure=ball, mode="nearest")
    inner = gaussian_filter(inner, (0.3 if is_anterior(parts.fdi) else 0.4) / _GRID_MM)
    floor = np.maximum(np.minimum(level + _SPARED_WALL_MM, top - 0.3 * reduction.occlusal_mm), level + 0.1)
    field = np.maximum(inner, floor) + 0.015 * waves(rng, 1.0)(
        np.column_stack([u.ravel(), v.ravel(), np.zeros(u.size)])
    ).reshape(u.shape)
    look_up = RegularGridInterpolator(axes, field, bounds_error=False, fill_value=None)
    box = np.array([[a[0], a[-1]] for a in axes]).T
    return height_body(np.zeros(3), np.eye(3), box, _GRID_MM, lambda x, y: look_up(np.stack([x, y], axis=-1)))


def _seen_from_above(parts: CrownParts, u: Points, v: Points) -> NDArray[np.float64]:
    """Height of the crown over a grid; far below it beside the crown."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, parts.mesh.vertices[parts.mesh.faces].astype(np.float32))
    start = np.column_stack([u.ravel(), v.ravel(), np.full(u.size, parts.high_mm[2] + 1)]).astype(np.float32)
    down = np.tile(np.array([0, 0, -1], dtype=np.float32), (u.size, 1))
    distance = np.asarray(scene.run(start, down, query="DISTANCE"), dtype=np.float64)
    lowest = parts.low_mm[2] - 2.0
    return np.asarray(np.maximum(parts.high_mm[2] + 1 - distance, lowest).reshape(u.shape))
