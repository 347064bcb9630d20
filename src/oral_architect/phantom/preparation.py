"""Full-crown preparations: finish line, tapered walls and reduced biting surface of a tooth ground for a crown."""

from __future__ import annotations

from dataclasses import dataclass
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
        ``(k, 3) float, mm``: the finish line, closed, counter-clockwise seen from occlusal.
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
    core = _core(parts, line, profile, draw(rng, "preparation", "roughness"), rng)
    room = _ground_top(parts, line, depth, asked, rng)
    mesh = subtract(intersect([crown, core]), [room])
    lost = crown.volume_mm3 - mesh.volume_mm3
    if len(mesh.faces) < 200 or lost > 0.85 * crown.volume_mm3:
        raise StageError(
            "too little of the tooth is left", where=f"preparation of tooth {fdi}", todo="Ask for less reduction."
        )
    return PreparedCrown(mesh, line.points, np.array([0.0, 0, 1]), margin, taper, asked, lost)


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

    def height_at(self, u: Points, v: Points) -> NDArray[np.float64]:
        angle = np.arctan2(v - self.center[1], u - self.center[0]) % (2 * np.pi)
        return np.asarray(np.interp(angle, self.angles, self.heights, period=2 * np.pi))

    def inside_mm(self, u: Points, v: Points) -> NDArray[np.float64]:
        """How far places lie inwards of the line, along the ray from its centre."""
        x, y = u - self.center[0], v - self.center[1]
        own = np.interp(np.arctan2(y, x) % (2 * np.pi), self.angles, self.radii, period=2 * np.pi)
        return np.asarray(own - np.hypot(x, y))


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


def _core(
    parts: CrownParts,
    line: _Line,
    profile: NDArray[np.float64],
    roughness: float,
    rng: np.random.Generator,
) -> Mesh:
    """Body that keeps all below the finish line and a tapered stump above it."""
    # Rounded in the corner so that an inward offset along the normal of the ring stays a simple curve.
    smooth = np.real(np.fft.ifft(np.fft.fft(line.radii) * (np.abs(np.fft.fftfreq(_SECTORS, 1 / _SECTORS)) < 9)))
    gradient = np.gradient(np.concatenate([smooth[-3:], smooth, smooth[:3]]))[3:-3]
    lean = np.sqrt(1 + (gradient / (2 * np.pi / _SECTORS) / smooth) ** 2)
    low = float(parts.low_mm[2]) - 1.0
    wide = np.full(_SECTORS, _FAR_MM)
    rings = [(wide, np.full(_SECTORS, low)), (wide, line.heights - 0.02 * (_FAR_MM - line.radii))]
    uneven = waves(rng, 0.8)
    for inward, up in profile:
        radii = line.radii - np.minimum(inward * lean, 0.72 * line.radii)
        rings.append((radii, line.heights + up))
    levels = []
    for i, (radii, heights) in enumerate(rings):
        xy = np.stack([np.cos(line.angles), np.sin(line.angles)], axis=1)
        grain = uneven(np.column_stack([xy * radii[:, None], heights])) * roughness if i > 2 else 0.0
        levels.append(np.column_stack([xy * (radii + grain)[:, None] + line.center, heights]))
    return _loft(levels)


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


def _ground_top(parts: CrownParts, line: _Line, depth: float, reduction: Reduction, rng: np.random.Generator) -> Mesh:
    """Body above the stump: the outer surface moved inwards by the reduction, in plain planes and soft valleys.

    The inward offset of a surface seen from above is its grey-scale erosion by a ball; here an ellipsoid, because
    walls and biting surface lose different amounts.
    """
    low, high = parts.low_mm[:2] - 0.6, parts.high_mm[:2] + 0.6
    axes = [np.arange(low[i], high[i] + _GRID_MM, _GRID_MM) for i in range(2)]
    u, v = np.meshgrid(*axes, indexing="ij")
    # The finish line is spared: the ground surface may dip below its inner edge only further in.
    floor = line.height_at(u, v) + depth + 0.15 - 1.5 * np.clip(line.inside_mm(u, v) - depth - 0.3, 0, None)
    top = _seen_from_above(parts, u, v)
    reach = int(np.ceil(reduction.axial_mm / _GRID_MM))
    offset = np.arange(-reach, reach + 1) * _GRID_MM / reduction.axial_mm
    r2 = offset[:, None] ** 2 + offset[None, :] ** 2
    ball = reduction.occlusal_mm * np.sqrt(np.clip(1 - r2, 0, 1))
    inner = grey_erosion(top, footprint=r2 <= 1.0, structure=ball, mode="nearest")
    inner = gaussian_filter(inner, (0.3 if is_anterior(parts.fdi) else 0.4) / _GRID_MM)
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
