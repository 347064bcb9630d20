"""What is done where a material's least thickness cannot be met: thicken outward, reduce, change material, refuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Record, Vector, vector
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface

from ..contact import Opposite
from ..estimates import estimate
from ..form import Form
from ..materials import Limit, Material, materials_for
from ..thickness import Region, Thickness, regions_of
from .arrangement import Surroundings
from .cutting import cut
from .facing import Facing
from .meet import Duty, meet
from .wanted import ContactsWanted

Floats = NDArray[np.float64]
REGIONS: tuple[Region, ...] = ("occlusal", "incisal", "cusp", "fissure", "axial")
"""Walls that are judged; the strip along the margin is not, it ends where the tooth begins."""


class Attempt(Record):
    """One region of one material: what was there, what came of it."""

    material: str
    region: str
    before_mm: float
    after_mm: float
    limit_mm: float
    source: str
    standing: str
    at: Vector

    @property
    def met(self) -> bool:
        """Whether the limit holds afterwards."""
        return self.after_mm >= self.limit_mm - 0.005


class PolicyResult(Record):
    """What a policy came to."""

    policy: str
    """``thicken``, ``reduce``, ``material``, ``refuse``, or ``none`` where nothing was lacking."""
    met: bool
    """Whether the limits hold without anything more being done to the tooth."""
    material: str
    tried: tuple[Attempt, ...]
    sentence: str
    reduce_by_mm: float = 0.0
    """Deepest place to be reduced."""
    reduce_volume_mm3: float = 0.0
    at: Vector | None = None
    """Worst place."""


@dataclass(frozen=True, eq=False)
class Walls:
    """A wanted outer form over a prepared tooth.

    Parameters
    ----------
    form
        Outer form and how free it is.
    die
        The prepared surface, open shell, mm.
    cement_mm
        Room for cement between die and piece.
    finish_line
        ``(k, 3) mm``.
    """

    form: Form
    die: Mesh
    cement_mm: float
    finish_line: Points


@dataclass(frozen=True, eq=False)
class Applied:
    """A policy's result with its shapes.

    Parameters
    ----------
    form
        The form afterwards.
    result
        The record.
    reduce_mm
        ``(vertices of die,) float``: how much is to be reduced where; 0 under every other policy.
    """

    form: Form
    result: PolicyResult
    reduce_mm: Floats


@dataclass(frozen=True, eq=False)
class _Thick(Duty):
    """Keeping a distance to the die that differs from place to place."""

    at: Points | None = None
    need_mm: Floats | None = None

    @property
    def within_mm(self) -> float:
        """How far the walls may be and still be looked at."""
        return 0.3 + (0.0 if self.need_mm is None else float(self.need_mm.max(initial=0.0)))

    def floor_mm(self, at: Points) -> Floats:
        from scipy.spatial import cKDTree

        if self.at is None or self.need_mm is None:
            return super().floor_mm(at)
        _, nearest = cKDTree(self.at).query(at)
        return np.asarray(self.need_mm[nearest])


def apply_policy(
    policy: str, walls: Walls, material: Material, around: Surroundings, wanted: ContactsWanted
) -> Applied:
    """Carry out a policy where the walls over a preparation are thinner than a material asks for.

    Parameters
    ----------
    policy
        ``thicken`` bends the form outward as far as bite and neighbours allow; ``reduce`` says where and by how much
        the preparation has to be reduced; ``material`` takes the next material of the same kind whose limits hold;
        ``refuse`` says what is lacking.
    walls
        The form over its preparation.
    material
        The material wanted.
    around
        Neighbours and antagonist.
    wanted
        Contacts, whose strengths bound how far the form may grow.
    """
    none = np.zeros(len(walls.die.vertices))
    lacking = _attempts(walls, walls.form, material, around)
    if all(a.met for a in lacking):
        sentence = f"All walls hold the limits of {material.name}." if lacking else f"{material.name} has no limits."
        return Applied(walls.form, _result("none", True, material, lacking, sentence), none)
    if policy == "thicken":
        return _thickened(walls, material, around, wanted)
    if policy == "reduce":
        return _reduced(walls, material, around, lacking)
    if policy == "material":
        return _changed(walls, material, around, lacking)
    worst = _worst(lacking)
    sentence = (
        f"Refused: {material.name} needs {worst.limit_mm:g} mm ({worst.region}), there are {worst.before_mm:.2f} mm."
    )
    return Applied(walls.form, _result("refuse", False, material, lacking, sentence), none)


def wall_mm(walls: Walls, form: Form) -> Thickness:
    """Thickness of the walls a form would leave over its preparation, at the form's faces above the finish line."""
    from scipy.spatial import cKDTree

    mesh = form.mesh
    faces = np.flatnonzero((form.new[mesh.faces] > 0).any(axis=1))
    centres = mesh.vertices[mesh.faces[faces]].mean(axis=1)
    mm = Surface(walls.die).signed_distance_mm(centres) - walls.cement_mm
    away, _ = cKDTree(walls.finish_line).query(centres)
    up = mesh.face_normals[faces]
    return Thickness(centres, mm, up, np.asarray(away))


def _seen(walls: Walls, form: Form, around: Surroundings) -> tuple[Thickness, dict[Region, NDArray[np.bool_]]]:
    told = wall_mm(walls, form)
    told = Thickness(told.points, told.mm, told.upright @ around.axes[2], told.from_margin_mm)
    return told, regions_of(told, around.axes[2], around.fdi)


def _attempts(walls: Walls, form: Form, material: Material, around: Surroundings) -> tuple[Attempt, ...]:
    told, regions = _seen(walls, form, around)
    found = []
    for region in REGIONS:
        limit, least = material.wall(region, around.fdi), told.least(regions[region])
        if limit is not None and least is not None:
            found.append(_attempt(material, region, limit, least))
    return tuple(found)


def _attempt(material: Material, region: Region, limit: Limit, least: tuple[float, Floats]) -> Attempt:
    return Attempt(
        material=material.name,
        region=region,
        before_mm=least[0],
        after_mm=least[0],
        limit_mm=limit.value,
        source=limit.source,
        standing=limit.standing,
        at=vector(least[1]),
    )


def _needs(walls: Walls, material: Material, around: Surroundings) -> tuple[Thickness, Floats]:
    """What each face of the form must keep of the die, cement included; minus infinity where nothing is asked."""
    told, regions = _seen(walls, walls.form, around)
    need = np.full(len(told.mm), -np.inf)
    for region in REGIONS:
        limit = material.wall(region, around.fdi)
        if limit is not None:
            need[regions[region]] = np.maximum(need[regions[region]], limit.value + walls.cement_mm)
    return told, need


def _thickened(walls: Walls, material: Material, around: Surroundings, wanted: ContactsWanted) -> Applied:
    told, need = _needs(walls, material, around)
    die = Opposite(0, Surface(walls.die), np.zeros((0, 3)))
    duties: list[Duty] = [_Thick(Facing("die", die), (), 0.0, True, told.points, need)]
    bounds = [(Facing(side, other), -wanted.strength_mm(side)) for side, other in around.sides()]
    if around.antagonist is not None:
        bounds.append((Facing("bite", around.antagonist), -wanted.strength_mm("bite")))
    duties += [Duty(facing, (), least) for facing, least in bounds]
    thick, _ = cut(meet(walls.form, duties).form, bounds)
    reach = estimate("material_reach").need("value")
    moved = float(np.linalg.norm(thick.mesh.vertices - walls.form.mesh.vertices, axis=1).max(initial=0.0))
    if moved > reach:
        share = reach / moved
        mixed = walls.form.mesh.vertices + share * (thick.mesh.vertices - walls.form.mesh.vertices)
        thick = Form(Mesh(mixed, thick.mesh.faces), thick.new)
    before, after = (_attempts(walls, f, material, around) for f in (walls.form, thick))
    tried = _paired(before, after)
    met = all(a.met for a in tried)
    worst = _worst(tried)
    sentence = f"Thickened outward by up to {min(moved, reach):.2f} mm. " + (
        f"{material.name} holds everywhere."
        if met
        else f"The bite leaves no more: {worst.region} {worst.after_mm:.2f} mm, {worst.limit_mm:g} mm needed."
    )
    return Applied(thick, _result("thicken", met, material, tried, sentence), np.zeros(len(walls.die.vertices)))


def _reduced(walls: Walls, material: Material, around: Surroundings, lacking: tuple[Attempt, ...]) -> Applied:
    """Map onto the die how much is missing over each place of it."""
    from scipy.spatial import cKDTree

    told, need = _needs(walls, material, around)
    asked = np.isfinite(need)
    tree = cKDTree(told.points[asked])
    wide = float(need[asked].max(initial=0.0))
    amount = np.zeros(len(walls.die.vertices))
    missing = need[asked] - walls.cement_mm - told.mm[asked]
    short = np.flatnonzero(missing > 0)
    # a place of the die is reduced so far that every lacking place of the form within its need gets it
    for i in short:
        away = np.linalg.norm(walls.die.vertices - tree.data[i], axis=1)
        amount = np.maximum(amount, np.maximum(need[asked][i] - away, 0.0))
    amount = np.minimum(amount, wide)
    area = np.zeros(len(amount))
    for k in range(3):
        area += np.bincount(walls.die.faces[:, k], weights=walls.die.face_areas / 3, minlength=len(amount))
    deepest = int(np.argmax(amount))
    volume = float((amount * area).sum())
    result = _result("reduce", False, material, lacking, "").model_copy(
        update={
            "reduce_by_mm": float(amount[deepest]),
            "reduce_volume_mm3": volume,
            "at": vector(walls.die.vertices[deepest]),
            "sentence": (
                f"Reduce the preparation by up to {amount[deepest]:.2f} mm ({volume:.1f} mm3) for {material.name}."
            ),
        }
    )
    return Applied(walls.form, result, amount)


def _changed(walls: Walls, material: Material, around: Surroundings, lacking: tuple[Attempt, ...]) -> Applied:
    none = np.zeros(len(walls.die.vertices))
    tried = list(lacking)
    for other in materials_for(material.kind):
        if other.name == material.name or other.name.startswith("PMMA"):
            continue
        attempts = _attempts(walls, walls.form, other, around)
        tried += attempts
        if attempts and all(a.met for a in attempts):
            sentence = f"{other.name} instead of {material.name}, whose walls are too thin here."
            return Applied(walls.form, _result("material", True, other, tuple(tried), sentence), none)
    sentence = f"No material offered for a {material.kind} holds with the walls there are."
    return Applied(walls.form, _result("material", False, material, tuple(tried), sentence), none)


def _result(policy: str, met: bool, material: Material, tried: tuple[Attempt, ...], sentence: str) -> PolicyResult:
    at = _worst(tried).at if tried else None
    return PolicyResult(policy=policy, met=met, material=material.name, tried=tried, sentence=sentence, at=at)


def _worst(tried: tuple[Attempt, ...]) -> Attempt:
    return min(tried, key=lambda a: a.after_mm - a.limit_mm)


def _paired(before: tuple[Attempt, ...], after: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    was = {a.region: a.before_mm for a in before}
    return tuple(a.model_copy(update={"before_mm": was.get(a.region, a.before_mm)}) for a in after)
