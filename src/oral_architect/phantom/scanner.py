"""Make of a perfect arch what an intraoral scanner gives: noise, holes, frayed borders, any pose, any unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial import cKDTree

from oral_architect.case.document import Settings
from oral_architect.errors import SettingsError
from oral_architect.geometry.mesh import Mask, Mesh, Points, Transform
from oral_architect.teeth.fdi import jaw_of

from .noise import waves
from .ranges import rows
from .refine import refine
from .scanner_sight import border_loops, bridge_holes, main_faces, sight
from .scanner_soft import float_sheets, hang_tongues, scatter_specks
from .sinking import neighbour_mean

Unit = Literal["mm", "cm", "m", "inch"]
MM_PER_UNIT: dict[Unit, float] = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "inch": 25.4}

_LONGEST_MM = 0.65
"""A scanner samples evenly: no edge is longer before the noise comes and the mesh is thinned."""
_GINGIVA_GRAIN = 2.0
"""Wet, stippled gingiva gives a rougher surface than enamel."""

Span = tuple[float, float]
"""Lowest and highest value, drawn from evenly."""


class ScannerSettings(Settings):
    """How a scanner and the person who holds it treat an arch; spans are drawn from evenly for each scan.

    Parameters
    ----------
    noise_um
        RMS noise along the normal, half of it white and half with a wavelength of about a millimetre.
    waviness_um
        RMS of the slow distortion over the arch (trueness).
    fusion_mm
        Spread of the smoothing that fusing many frames brings.
    unseen_score
        A place seen from less than this share of the probe's directions is missing.
    bridge_mm
        Longest rim of a hole that the scanner's software closes.
    ragged_mm
        How deep the border is frayed.
    holes, hole_radius_mm
        How many holes remain in the gingiva and, one in four, on a tooth, and their size.
    tongues, specks, sheets
        Strips of soft tissue on the border, loose scraps, loose sheets.
    faces
        Faces after decimation.
    pose
        ``"none"``, ``"upright"`` (turned about the occlusal direction, tilted a little) or ``"any"``.
    units
        One of them is drawn.
    inverted_share, unmerged_share
        How often all faces are turned inside out, or no two faces share a vertex (as in STL files).
    """

    noise_um: Span
    waviness_um: Span
    fusion_mm: Span
    unseen_score: Span
    bridge_mm: Span
    ragged_mm: Span
    holes: Span
    hole_radius_mm: Span
    tongues: Span
    specks: Span
    sheets: Span
    faces: Span
    pose: Literal["none", "upright", "any"] = "none"
    units: tuple[Unit, ...] = ("mm",)
    inverted_share: float = Field(default=0.0, ge=0, le=1)
    unmerged_share: float = Field(default=0.0, ge=0, le=1)

    @classmethod
    def preset(cls, name: str, **changes: object) -> ScannerSettings:
        """Return the settings of a preset in ``scanner_presets.csv``, with changes.

        Raises
        ------
        SettingsError
            When there is no such preset.
        """
        found = [r for r in rows("scanner_presets") if r.cells["preset"] == name]
        if not found:
            raise SettingsError(f"there is no scanner preset '{name}'", todo="Use clean, typical or hard.")
        units = {"um": "_um", "mm": "_mm", "": ""}
        spans = {r.cells["quantity"] + units[r.cells["unit"]]: (r.need("low"), r.need("high")) for r in found}
        return cls.model_validate({**spans, **changes})


CLEAN = ScannerSettings.preset("clean")
"""A desktop scanner over a good model: everything seen, nothing frayed, in place."""
TYPICAL = ScannerSettings.preset("typical", pose="any")
"""An intraoral scan in daily use."""
HARD = ScannerSettings.preset(
    "hard", pose="any", units=("mm", "mm", "cm", "m", "inch"), inverted_share=0.1, unmerged_share=0.3
)
"""A hurried scan of a wet mouth, exported by software nobody knows."""


@dataclass(frozen=True, eq=False)
class ScannedArch:
    """A scan and the truth about it.

    Parameters
    ----------
    mesh
        The scan as exported: its own pose, its own unit.
    labels
        ``(n,) int``: FDI per vertex, 0 gingiva and soft tissue.
    nearest
        ``(n,) int``: the vertex of the perfect surface each came from; -1 for soft tissue the arch does not have.
    to_world
        ``(4, 4)``: from the scan's coordinates to those of the perfect surface, mm; undoes unit and pose.
    unit
        Unit of the scan's coordinates.
    is_inverted
        Whether the faces are inside out.
    drawn
        What was drawn, by name.
    """

    mesh: Mesh
    labels: NDArray[np.int16]
    nearest: NDArray[np.int64]
    to_world: Transform
    unit: Unit
    is_inverted: bool
    drawn: dict[str, float]

    @property
    def mm_per_unit(self) -> float:
        """Length in mm of one unit of the scan's coordinates."""
        return MM_PER_UNIT[self.unit]

    @property
    def face_labels(self) -> NDArray[np.int16]:
        """``(m,) int``: FDI that at least two corners share, else that of the first corner."""
        a, b, c = self.labels[self.mesh.faces].T
        return np.asarray(np.where(b == c, b, a))

    def in_world(self) -> Mesh:
        """The scan where the perfect surface lies, mm, faces as exported."""
        return Mesh(self.mesh.vertices @ self.to_world[:3, :3].T + self.to_world[:3, 3], self.mesh.faces)


def scan(
    surface: Mesh,
    labels: NDArray[np.integer],
    settings: ScannerSettings,
    rng: np.random.Generator,
    *,
    occlusal: Points | None = None,
) -> ScannedArch:
    """Scan a perfect arch.

    Parameters
    ----------
    surface
        Teeth and gingiva, open or closed, faces outward, mm.
    labels
        FDI per vertex ``(n,)`` or per face ``(m,)``, 0 gingiva.
    settings
        :data:`CLEAN`, :data:`TYPICAL`, :data:`HARD` or your own.
    rng
        Source of chance.
    occlusal
        ``(3,) float``: direction the crowns point to; by the jaw of the labels in the patient frame unless given.

    Raises
    ------
    SettingsError
        When labels fit neither vertices nor faces.
    """
    vertex_labels = _per_vertex(surface, np.asarray(labels))
    up = _occlusal(vertex_labels) if occlusal is None else np.asarray(occlusal, dtype=np.float64)
    drawn = _draw(settings, rng)
    seen, source = _seen(surface, up, drawn)
    worn = _noisy(seen, vertex_labels[source] == 0, drawn, rng)
    worn, source = _frayed(worn, source, vertex_labels, drawn, rng)
    mesh = _decimated(worn, int(drawn["faces"]), rng)
    own = len(mesh.vertices)
    edge_mm = float(np.sqrt(2.3 * mesh.area_mm2 / max(len(mesh.faces), 1)))
    origin = source[cKDTree(worn.vertices).query(mesh.vertices)[1]]
    mesh = hang_tongues(mesh, vertex_labels[origin] > 0, round(drawn["tongues"]), edge_mm, rng)
    mesh = scatter_specks(mesh, round(drawn["specks"]), edge_mm, rng)
    mesh = float_sheets(mesh, round(drawn["sheets"]), edge_mm, up, rng)
    nearest = np.full(len(mesh.vertices), -1, dtype=np.int64)
    nearest[:own] = origin
    found = np.where(nearest >= 0, vertex_labels[nearest], 0).astype(np.int16)
    return _exported(mesh, found, nearest, settings=settings, up=up, drawn=drawn, rng=rng)


def _draw(settings: ScannerSettings, rng: np.random.Generator) -> dict[str, float]:
    spans = {k: v for k, v in settings.model_dump().items() if k in _SPANS}
    return {name: float(rng.uniform(*spans[name])) for name in _SPANS}


_SPANS = (
    "noise_um",
    "waviness_um",
    "fusion_mm",
    "unseen_score",
    "bridge_mm",
    "ragged_mm",
    "holes",
    "hole_radius_mm",
    "tongues",
    "specks",
    "sheets",
    "faces",
)


def _per_vertex(surface: Mesh, labels: NDArray[np.integer]) -> NDArray[np.int16]:
    if labels.shape == (len(surface.vertices),):
        return labels.astype(np.int16)
    if labels.shape != (len(surface.faces),):
        raise SettingsError(
            f"{labels.shape} labels fit neither {len(surface.vertices)} vertices nor {len(surface.faces)} faces",
            where="phantom scanner",
        )
    result = np.zeros(len(surface.vertices), dtype=np.int16)
    np.maximum.at(result, surface.faces.ravel(), np.repeat(labels.astype(np.int16), 3))
    return result


def _occlusal(labels: NDArray[np.int16]) -> Points:
    teeth = labels[labels > 0]
    is_upper = len(teeth) > 0 and jaw_of(int(np.bincount(teeth).argmax())) == "upper"
    return np.array([0.0, 0.0, -1.0 if is_upper else 1.0])


def _seen(surface: Mesh, up: Points, drawn: dict[str, float]) -> tuple[Mesh, NDArray[np.int64]]:
    """What the probe saw, its holes bridged and its creases softened; with the source of every vertex."""
    score = sight(surface, up)
    is_seen: Mask = score > drawn["unseen_score"]
    keep = main_faces(surface, np.asarray(is_seen[surface.faces].all(axis=1)), 0.02)
    part, source = surface.part(keep)
    bridged = bridge_holes(part, drawn["bridge_mm"])
    bridged = refine(bridged, lambda p: np.full(len(p), _LONGEST_MM), passes=2)
    added = bridged.vertices[len(part.vertices) :]
    if len(added):
        source = np.concatenate([source, source[cKDTree(part.vertices).query(added)[1]]])
    return _fused(bridged, drawn["fusion_mm"]), source


def _fused(mesh: Mesh, spread_mm: float) -> Mesh:
    """Smooth by repeated neighbour means until details below ``spread_mm`` are gone; the border stays."""
    typical = float(np.sqrt(2.3 * np.median(mesh.face_areas)))
    # One step with weight w spreads by w h²/2 in variance (random walk on edges of length h).
    total = 2 * (spread_mm / max(typical, 1e-6)) ** 2
    steps = int(np.clip(np.ceil(total / 0.5), 1, 6))
    weight = min(total / steps, 0.8)
    at_border = np.zeros(len(mesh.vertices), dtype=bool)
    at_border[mesh.open_edges] = True
    mean, vertices = neighbour_mean(mesh), mesh.vertices
    for _ in range(steps):
        vertices = np.where(at_border[:, None], vertices, (1 - weight) * vertices + weight * (mean @ vertices))
    return Mesh(vertices, mesh.faces)


def _noisy(mesh: Mesh, is_gingiva: Mask, drawn: dict[str, float], rng: np.random.Generator) -> Mesh:
    v = mesh.vertices
    slow = np.stack([waves(rng, 35.0, 10)(v) for _ in range(3)], axis=1) / np.sqrt(3)
    grain = (
        np.sqrt(0.5) * (waves(rng, 1.2)(v) + rng.standard_normal(len(v))) * np.where(is_gingiva, _GINGIVA_GRAIN, 1.0)
    )
    moved = v + slow * drawn["waviness_um"] / 1000 + mesh.vertex_normals * (grain * drawn["noise_um"] / 1000)[:, None]
    return Mesh(moved, mesh.faces)


def _frayed(
    mesh: Mesh, source: NDArray[np.int64], labels: NDArray[np.int16], drawn: dict[str, float], rng: np.random.Generator
) -> tuple[Mesh, NDArray[np.int64]]:
    """Take away a ragged strip along the border and a few holes."""
    centers = mesh.vertices[mesh.faces].mean(axis=1)
    on_tooth = (labels[source] > 0)[mesh.faces].any(axis=1)
    gone: Mask = np.zeros(len(mesh.faces), dtype=bool)
    loops = border_loops(mesh)
    if loops and drawn["ragged_mm"] > 0:
        tree = cKDTree(mesh.vertices[loops[0]])
        from_border = np.asarray(tree.query(centers, distance_upper_bound=3 * drawn["ragged_mm"])[0])
        near = np.flatnonzero(np.isfinite(from_border) & ~on_tooth)
        at = centers[near]
        fray = 0.2 + 0.5 * waves(rng, 7.0)(at) + 0.4 * waves(rng, 2.2)(at) + 0.35 * waves(rng, 0.8)(at)
        gone[near] = from_border[near] < drawn["ragged_mm"] * np.clip(fray, 0, 2)
    for _ in range(round(drawn["holes"])):
        candidates = np.flatnonzero(on_tooth if rng.random() < 0.25 else ~on_tooth)
        if not len(candidates):
            continue
        middle = centers[rng.choice(candidates)]
        around = np.linalg.norm(centers - middle, axis=1)
        close = np.flatnonzero(around < 2 * drawn["hole_radius_mm"])
        outline = 1 + 0.35 * waves(rng, 1.5)(centers[close])
        gone[close] |= around[close] < drawn["hole_radius_mm"] * outline
    keep = main_faces(mesh, ~gone, 0.015)
    part, own = mesh.part(keep)
    return part, source[own]


def _decimated(mesh: Mesh, faces: int, rng: np.random.Generator) -> Mesh:
    """Bring the mesh to a number of faces, irregular as decimated scans are."""
    import fast_simplification

    while len(mesh.faces) < 1.3 * faces:
        longest = 0.75 * float(np.sqrt(2.3 * mesh.area_mm2 / len(mesh.faces)))
        finer = refine(mesh, lambda p, longest=longest: np.full(len(p), longest), passes=1)  # type: ignore[misc]
        if len(finer.faces) == len(mesh.faces):
            break
        mesh = finer
    if len(mesh.faces) <= faces:
        return mesh
    points, triangles = fast_simplification.simplify(
        mesh.vertices.astype(np.float32), mesh.faces, target_count=faces, agg=7
    )
    result = Mesh(np.asarray(points), np.asarray(triangles))
    return result.part(result.face_areas > 1e-9)[0]


def _exported(
    mesh: Mesh,
    labels: NDArray[np.int16],
    nearest: NDArray[np.int64],
    *,
    settings: ScannerSettings,
    up: Points,
    drawn: dict[str, float],
    rng: np.random.Generator,
) -> ScannedArch:
    to_scan = _pose(settings.pose, up, rng)
    unit: Unit = settings.units[int(rng.integers(len(settings.units)))]
    to_scan[:3] /= MM_PER_UNIT[unit]
    moved = mesh.transformed(to_scan)
    vertices, faces = moved.vertices, moved.faces
    is_inverted = bool(rng.random() < settings.inverted_share)
    if is_inverted:
        faces = faces[:, ::-1]
    if rng.random() < settings.unmerged_share:
        corners = faces.ravel()
        vertices, labels, nearest = vertices[corners], labels[corners], nearest[corners]
        faces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    exported = Mesh(vertices, faces)
    return ScannedArch(exported, labels, nearest, _inverse(to_scan), unit, is_inverted, drawn)


def _inverse(matrix: Transform) -> Transform:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _pose(kind: str, up: Points, rng: np.random.Generator) -> Transform:
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    if kind == "none":
        return matrix
    if kind == "any":
        turn = Rotation.random(rng=rng)
    else:
        turn = Rotation.from_rotvec(rng.normal(0, 0.12, 3)) * Rotation.from_rotvec(up * rng.uniform(0, 2 * np.pi))
    matrix[:3, :3] = turn.as_matrix()
    matrix[:3, 3] = rng.uniform(-60, 60, 3)
    return matrix
