"""Adapting a form to all it shall touch and clear at once, by one smooth displacement."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points

from ..form import Form
from .facing import Facing, Samples, faces_near, samples_on
from .field import NOTHING, Demands, Field, smoothest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 14
"""Most times the surfaces are looked at again after a displacement."""
CLOSE_MM = 0.0008
"""All demands met so closely end the search."""
PATCH_MM = (0.45, 1.0)
"""Radius in which a contact may have its full strength, and from which on the surface keeps apart."""
_WIDE_MM = 1.3
_APART_MM = 0.2
"""Places where the form is too near are taken so far from one another."""
_SAME_MM = 0.04
"""Places nearer to one another than this are one."""
_SLACK_MM = 0.05
"""A demand with more room than this, and no force, is forgotten."""
_FINE_MM = 0.08
_YIELDING = 0.01
"""Variance by which soft duties give way; 1 is that of the displacement itself."""
_SETTLED_MM = 0.003
"""Soft duties are settled when the worst of them gains less than this in a round."""
_FREE_ENOUGH = 0.5
"""A place freer than this is moved away from what it overlaps. Less free ones, beside the finish line, would drag all
the rest along by the inverse of their freedom."""
_WHOLLY_NEW = 0.9
"""A contact is made where the surface is at least so much new."""


@dataclass(frozen=True, eq=False)
class Goal:
    """A contact to be made.

    Parameters
    ----------
    name
        What it is called.
    overlap_mm
        Strength: how deep the form shall reach into the other surface; negative leaves a gap.
    at
        ``(3,) float, mm``: place on the undisplaced form; ``None`` wherever the form comes nearest.
    """

    name: str
    overlap_mm: float
    at: Floats | None = None


@dataclass(frozen=True, eq=False)
class Duty:
    """How a form shall stand to one surface.

    Parameters
    ----------
    facing
        The surface.
    goals
        Contacts to be made with it.
    least_mm
        Gap to be kept everywhere else.
    soft
        Whether the duty gives way where it can be met only by a dent.
    """

    facing: Facing
    goals: tuple[Goal, ...] = ()
    least_mm: float = 0.0
    soft: bool = False

    @property
    def within_mm(self) -> float:
        """Parts of the form farther than this from what they face are not looked at."""
        return _WIDE_MM

    def floor_mm(self, at: Points) -> Floats:
        """Return the least gap at places of the undisplaced form, ``(n,) mm``."""
        floor = np.full(len(at), self.least_mm)
        for goal in self.goals:
            if goal.at is None:
                floor = np.minimum(floor, -goal.overlap_mm)
            else:
                away = np.linalg.norm(at - goal.at, axis=1)
                share = np.clip((away - PATCH_MM[0]) / (PATCH_MM[1] - PATCH_MM[0]), 0.0, 1.0)
                floor = np.minimum(floor, -goal.overlap_mm + share * (self.least_mm + goal.overlap_mm))
        return floor


@dataclass(frozen=True, eq=False)
class Met:
    """A form after it was adapted.

    Parameters
    ----------
    form
        The displaced form.
    moved_mm
        ``(vertices,) float``: how far each vertex went.
    rounds
        How often the surfaces were looked at.
    """

    form: Form
    moved_mm: Floats
    rounds: int


@dataclass(frozen=True, eq=False)
class _Kept:
    """Places of one duty that were once too near, or that make a contact."""

    samples: Samples
    exact: NDArray[np.bool_]
    aim_mm: Floats


def meet(form: Form, duties: list[Duty]) -> Met:
    """Displace a form smoothly, as little as possible, so that it meets every duty.

    Parameters
    ----------
    form
        What may move, and how far (``new``).
    duties
        What it shall touch and clear; a contact asked for where the form cannot move is left as it is.

    Notes
    -----
    Newton's method: each round linearises the gaps at the places that matter, solves for the displacement of least
    energy from the *first* form (:func:`~.field.smoothest`), and looks again for new places that are too near.
    """
    first, free = form.mesh, form.new
    asked = [(duty, faces_near(first, duty.facing, free, duty.within_mm)) for duty in duties]
    active = [(duty, faces) for duty, faces in asked if len(faces)]
    kept: list[_Kept] = [_none() for _ in active]
    field: Field = NOTHING
    mesh, rounds = first, 0
    best: tuple[float, Mesh] = (np.inf, first)
    soft_before = np.inf
    for rounds in range(1, ROUNDS + 1):  # noqa: B007
        wrong = np.zeros((2, len(active) + 1))
        for i, (duty, faces) in enumerate(active):
            kept[i], wrong[int(duty.soft), i] = _look(duty, faces, first, mesh, free, kept[i])
        hard, soft = wrong.max(axis=1)
        if hard < best[0]:
            best = (hard, mesh)
        if hard < CLOSE_MM and (soft < CLOSE_MM or soft > soft_before - _SETTLED_MM):
            break
        soft_before = soft
        demands, owner = _demands([d for d, _ in active], kept, first, mesh, free)
        field = smoothest(demands)
        kept = _forgetting(kept, owner, demands, field)
        mesh = Mesh(first.vertices + field(first.vertices, free), first.faces)
    else:
        mesh = best[1]
    return Met(replace(form, mesh=mesh), np.linalg.norm(mesh.vertices - first.vertices, axis=1), rounds)


def _look(duty: Duty, faces: Ints, first: Mesh, mesh: Mesh, free: Floats, kept: _Kept) -> tuple[_Kept, float]:
    """Find where the form now makes its contacts and where it is too near; how wrong the worst of it is, mm."""
    samples = samples_on(mesh, faces, duty.facing, _FINE_MM)
    at = samples.of(first.vertices)
    gap = duty.facing.gap_mm(samples.of(mesh.vertices))
    freedom = samples.of(free)
    floor = duty.floor_mm(at)
    wrong = 0.0
    chosen: list[int] = []
    exact: list[bool] = []
    aim: list[float] = []
    for goal in duty.goals:
        mine = (freedom > _WHOLLY_NEW) & np.isfinite(gap)
        if goal.at is not None:
            mine &= np.linalg.norm(at - goal.at, axis=1) < PATCH_MM[0]
        if mine.any():
            best = int(np.flatnonzero(mine)[np.argmin(gap[mine])])
            wrong = max(wrong, abs(float(gap[best]) + goal.overlap_mm))
            chosen.append(best)
            exact.append(True)
            aim.append(-goal.overlap_mm)
    lack = np.where(freedom > _FREE_ENOUGH, floor - gap, -np.inf)
    lack[~np.isfinite(gap)] = -np.inf
    wrong = max(wrong, float(lack.max(initial=0.0)))
    for place in _worst(lack, at, chosen):
        chosen.append(place)
        exact.append(False)
        aim.append(float(floor[place]))
    index = np.array(chosen, dtype=np.int64)
    fresh = Samples(samples.corners[index], samples.weights[index])
    old = _elsewhere(kept, kept.samples.of(first.vertices), at[index])
    return _joined(old, _Kept(fresh, np.array(exact, dtype=np.bool_), np.array(aim, dtype=np.float64))), wrong


def _worst(lack: Floats, at: Points, taken: list[int]) -> list[int]:
    """Places that are too near, the worst first, none close to another or to a contact."""
    found: list[int] = []
    near = [at[i] for i in taken]
    for place in np.argsort(-lack, kind="stable")[:400]:
        if lack[place] < CLOSE_MM or len(found) >= 12:
            break
        if all(float(((at[place] - p) ** 2).sum()) > _APART_MM**2 for p in near):
            found.append(int(place))
            near.append(at[place])
    if not found and len(lack) and lack.max() >= CLOSE_MM:
        found.append(int(np.argmax(lack)))
    return found


def _demands(duties: list[Duty], kept: list[_Kept], first: Mesh, mesh: Mesh, free: Floats) -> tuple[Demands, Ints]:
    """Linearise every kept place about the present displacement."""
    parts: list[tuple[Points, Floats, Floats, NDArray[np.bool_], Floats, Floats]] = []
    owner: list[Ints] = []
    for i, (duty, own) in enumerate(zip(duties, kept, strict=True)):
        if len(own.samples) == 0:
            continue
        at, now = own.samples.of(first.vertices), own.samples.of(mesh.vertices)
        gap, away = duty.facing.look(now)
        seen = np.isfinite(gap)
        gone = ((now - at) * away).sum(axis=1)
        mm = np.where(seen, gone + own.aim_mm - gap, -1.0)
        parts.append((at, away, mm, own.exact & seen, own.samples.of(free), np.full(len(at), _YIELDING * duty.soft)))
        owner.append(np.full(len(at), i))
    if not parts:
        empty = np.zeros((0, 3))
        none = np.zeros(0)
        return Demands(empty, empty, none, np.zeros(0, dtype=np.bool_), none, none), np.zeros(0, np.int64)
    at, away, mm, exact, freedom, yielding = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Demands(at, away, mm, exact, freedom, yielding), np.concatenate(owner)


def _forgetting(kept: list[_Kept], owner: Ints, demands: Demands, field: Field) -> list[_Kept]:
    """Drop the places that have become free of themselves."""
    if len(owner) == 0:
        return kept
    moved = (field(demands.at, demands.free) * demands.along).sum(axis=1)
    stays = demands.exact | (moved < demands.mm + _SLACK_MM)
    result = []
    for i, own in enumerate(kept):
        mine = stays[owner == i] if len(own.samples) else np.zeros(0, dtype=np.bool_)
        result.append(
            _Kept(Samples(own.samples.corners[mine], own.samples.weights[mine]), own.exact[mine], own.aim_mm[mine])
        )
    return result


def _elsewhere(kept: _Kept, at: Points, fresh: Points) -> _Kept:
    """Keep the old places that no new one stands for, as places to stay clear of."""
    if len(kept.exact) == 0 or len(fresh) == 0:
        return replace(kept, exact=np.zeros(len(kept.exact), dtype=np.bool_))
    apart = ((at[:, None] - fresh[None]) ** 2).sum(axis=2).min(axis=1) > _SAME_MM**2
    samples = Samples(kept.samples.corners[apart], kept.samples.weights[apart])
    return _Kept(samples, np.zeros(int(apart.sum()), dtype=np.bool_), kept.aim_mm[apart])


def _joined(a: _Kept, b: _Kept) -> _Kept:
    samples = Samples(
        np.concatenate([a.samples.corners, b.samples.corners]), np.concatenate([a.samples.weights, b.samples.weights])
    )
    return _Kept(samples, np.concatenate([a.exact, b.exact]), np.concatenate([a.aim_mm, b.aim_mm]))


def _none() -> _Kept:
    return _Kept(Samples(np.zeros((0, 3), dtype=np.int64), np.zeros((0, 3))), np.zeros(0, dtype=np.bool_), np.zeros(0))
