"""Damage to a crown with its truth: what was lost, where, how deep, and which surfaces it touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial import cKDTree

from oral_architect.case.document import Record
from oral_architect.errors import SettingsError
from oral_architect.geometry.mesh import Mesh, Points
from oral_architect.teeth.fdi import is_anterior

from .cavity import CLASSES, cavity
from .crown_parts import SURFACES, CrownParts
from .erosion import erosion, thinning
from .fracture import fracture
from .hypoplasia import hypoplasia
from .wear import wear

Kind = Literal["wear", "erosion", "cavity", "fracture", "hypoplasia", "thinning"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_FORMS: dict[Kind, tuple[str, ...]] = {
    "wear": ("facets", "flat"),
    "erosion": ("surfaces",),
    "cavity": CLASSES,
    "fracture": ("cusp", "corner", "edge"),
    "hypoplasia": ("pits", "grooves", "bands"),
    "thinning": ("generalised",),
}

_SEEN_LOSS_MM = 0.03
"""Less than this at a vertex does not count as a lost place when surfaces are named."""
_TOUCHED_AREA_MM2 = 0.4
"""A surface counts as affected from this lost area on, or from a fortieth of its own area if that is less."""


class Damage(Record):
    """What happened to a tooth; what is left open is drawn and filled in.

    Parameters
    ----------
    kind
        wear, erosion, cavity, fracture, hypoplasia or thinning.
    severity
        0 to 1.
    form
        Variant of the kind: ``facets`` or ``flat`` wear, Black's class of a cavity, ``cusp``, ``corner`` or ``edge``
        of a fracture, ``pits``, ``grooves`` or ``bands`` of hypoplasia.
    surfaces
        Letters M, D, B, L, O, I where it should strike; a cavity takes its class and side from them.
    seed
        Fixes the drawing whatever generator is handed in.
    gingiva_mm
        How much of the crown above its base lies under the gingiva.
    parameters
        What was drawn: depths and counts, by name.
    """

    kind: Kind
    severity: float = Field(default=0.5, ge=0, le=1)
    form: str | None = None
    surfaces: tuple[str, ...] | None = None
    seed: int | None = None
    gingiva_mm: float = Field(default=0.0, ge=0)
    parameters: dict[str, float] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DamagedCrown:
    """A damaged crown and the truth about it.

    Parameters
    ----------
    mesh
        Closed manifold crown, tooth frame, mm.
    spec
        The damage with all that was drawn.
    lost_volume_mm3
        Volume of the intact crown less that of this one.
    surfaces
        Letters of the surfaces truly affected.
    loss_mm
        ``(n,) float, mm``: distance of each vertex of ``mesh`` from the intact surface; 0 where nothing was lost.
    intact_lost
        ``(k,) bool`` per vertex of the intact crown: whether this place of its surface is gone.
    """

    mesh: Mesh
    spec: Damage
    lost_volume_mm3: float
    surfaces: tuple[str, ...]
    loss_mm: NDArray[np.float64]
    intact_lost: NDArray[np.bool_]


def damage(crown: Mesh, fdi: int, spec: Damage, rng: np.random.Generator) -> DamagedCrown:
    """Damage a crown.

    Parameters
    ----------
    crown
        Closed crown in its tooth frame (+x mesial, +y buccal, +z occlusal, origin at its centroid), mm.
    fdi
        Tooth number.
    spec
        What happens to it.
    rng
        Source of chance; not used where ``spec.seed`` is set.

    Raises
    ------
    SettingsError
        When the damage names a form or surface that does not exist.
    StageError
        When the crown is not closed or nothing is left of it.
    """
    rng = rng if spec.seed is None else np.random.default_rng(spec.seed)
    parts = CrownParts(crown, fdi, spec.gingiva_mm)
    form = _form(spec, fdi, rng)
    mesh, drawn = _apply(parts, spec, form, rng)
    loss = _loss(crown, mesh)
    is_lost = _lost_vertices(crown, mesh)
    filled = spec.model_copy(update={"form": form, "parameters": drawn})
    return DamagedCrown(
        mesh=mesh,
        spec=filled,
        lost_volume_mm3=crown.volume_mm3 - mesh.volume_mm3,
        surfaces=_affected(parts, mesh, is_lost),
        loss_mm=loss,
        intact_lost=is_lost,
    )


def _apply(parts: CrownParts, spec: Damage, form: str, rng: np.random.Generator) -> tuple[Mesh, dict[str, float]]:
    match spec.kind:
        case "wear":
            return wear(parts, spec.severity, form, rng)
        case "erosion":
            return erosion(parts, spec.severity, spec.surfaces or _drawn_surfaces(parts, rng), rng)
        case "cavity":
            return cavity(parts, spec.severity, form, _side(form, spec.surfaces, rng), rng)
        case "fracture":
            return fracture(parts, spec.severity, form, rng)
        case "hypoplasia":
            return hypoplasia(parts, spec.severity, form, rng)
        case "thinning":
            return thinning(parts, spec.severity, rng)


def _form(spec: Damage, fdi: int, rng: np.random.Generator) -> str:
    unknown = set(spec.surfaces or ()) - set(SURFACES)
    if unknown:
        raise SettingsError(
            f"there is no surface {sorted(unknown)}", where=f"damage of tooth {fdi}", todo="Use M, D, B, L, O or I."
        )
    if spec.form is not None:
        if spec.form not in _FORMS[spec.kind]:
            raise SettingsError(
                f"{spec.kind} has no form '{spec.form}'",
                where=f"damage of tooth {fdi}",
                todo=f"Use one of {', '.join(_FORMS[spec.kind])}.",
            )
        return spec.form
    if spec.kind == "cavity":
        return _black_class(spec.surfaces, fdi, rng)
    if spec.kind == "fracture":
        return str(rng.choice(["corner", "edge"] if is_anterior(fdi) else ["cusp", "cusp", "edge"]))
    return str(rng.choice(_FORMS[spec.kind]))


def _black_class(surfaces: tuple[str, ...] | None, fdi: int, rng: np.random.Generator) -> str:
    if surfaces is None:
        choice = ["III", "III", "IV", "V"] if is_anterior(fdi) else ["I", "I", "II", "II", "V"]
        return str(rng.choice(choice))
    named = set(surfaces)
    if named & {"M", "D"}:
        if is_anterior(fdi):
            return "IV" if "I" in named else "III"
        return "II"
    return "V" if named & {"B", "L"} and "O" not in named else "I"


def _side(form: str, surfaces: tuple[str, ...] | None, rng: np.random.Generator) -> str:
    possible = ("B", "L") if form == "V" else ("M", "D")
    wanted = [s for s in possible if s in (surfaces or ())]
    if wanted:
        return wanted[0]
    return "B" if form == "V" and rng.random() < 0.8 else str(rng.choice(possible))


def _drawn_surfaces(parts: CrownParts, rng: np.random.Generator) -> tuple[str, ...]:
    top = parts.top_letter
    choices: list[tuple[str, ...]] = [(top,), ("L", top), ("B",), ("L",), ("B", "L", top)]
    return choices[int(rng.integers(len(choices)))]


def _lost_vertices(intact: Mesh, damaged: Mesh) -> NDArray[np.bool_]:
    """Intact vertices that the damaged surface no longer reaches within :data:`_SEEN_LOSS_MM`."""
    distance = cKDTree(damaged.vertices).query(intact.vertices)[0]
    far = np.flatnonzero(distance > 0)
    lost = np.zeros(len(intact.vertices), dtype=bool)
    lost[far] = surface_distance(intact.vertices[far], damaged) > _SEEN_LOSS_MM
    return lost


def _loss(intact: Mesh, damaged: Mesh) -> NDArray[np.float64]:
    distance = cKDTree(intact.vertices).query(damaged.vertices)[0]
    moved = np.flatnonzero(distance > 0)
    loss = np.zeros(len(damaged.vertices))
    loss[moved] = surface_distance(damaged.vertices[moved], intact)
    return np.where(loss < 1e-6, 0.0, loss)


def surface_distance(points: Points, mesh: Mesh, candidates: int = 8) -> NDArray[np.float64]:
    """Distance of points ``(n, 3) mm`` from a surface of small triangles, ``(n,) float, mm``.

    Only triangles whose centre is among the nearest ``candidates`` are tried, with the exact distance to each
    (Ericson, Real-Time Collision Detection, 2005, 5.1.5).
    """
    if not len(points):
        return np.zeros(0)
    triangles = mesh.vertices[mesh.faces]
    index = cKDTree(triangles.mean(axis=1)).query(points, k=min(candidates, len(triangles)))[1].reshape(len(points), -1)
    corners = triangles[index]
    squared = _triangle_distance2(points[:, None, :], corners[:, :, 0], corners[:, :, 1], corners[:, :, 2])
    return np.asarray(np.sqrt(squared.min(axis=1)))


def _triangle_distance2(p: Points, a: Points, b: Points, c: Points) -> NDArray[np.float64]:
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    det = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / det, (d00 * d21 - d01 * d20) / det
    foot = ap - v[..., None] * ab - w[..., None] * ac
    inside = np.where((v >= 0) & (w >= 0) & (v + w <= 1), (foot * foot).sum(-1), np.inf)
    edges = [_segment_distance2(p, x, y) for x, y in ((a, b), (b, c), (c, a))]
    return np.minimum(inside, np.minimum(edges[0], np.minimum(edges[1], edges[2])))


def _segment_distance2(p: Points, a: Points, b: Points) -> NDArray[np.float64]:
    ab, ap = b - a, p - a
    t = np.clip((ap * ab).sum(-1) / np.maximum((ab * ab).sum(-1), 1e-18), 0, 1)
    off = ap - t[..., None] * ab
    return np.asarray((off * off).sum(-1))


def _affected(parts: CrownParts, damaged: Mesh, is_lost: NDArray[np.bool_]) -> tuple[str, ...]:
    intact = parts.mesh
    # A small hollow may lie between the vertices: the middle of each face counts as much as its corners.
    middles = intact.vertices[intact.faces].mean(axis=1)
    share = 0.5 * is_lost[intact.faces].mean(axis=1) + 0.5 * (surface_distance(middles, damaged, 5) > _SEEN_LOSS_MM)
    lost = {s: float((intact.face_areas * share)[parts.face_surfaces == s].sum()) for s in SURFACES}
    whole = {s: float(intact.face_areas[parts.face_surfaces == s].sum()) for s in SURFACES}
    worst = max(lost, key=lambda s: lost[s])
    return tuple(
        s for s in SURFACES if lost[s] > min(_TOUCHED_AREA_MM2, 0.025 * whole[s]) or (s == worst and lost[s] > 0)
    )
