"""The search for the bite: everywhere around class I the arch is settled, then refined until every tooth meets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from oral_architect.geometry import Mesh, Transform
from oral_architect.teeth import fdi as numbers

from .clearance import Closeness, Crowns, clearances_mm, held_mm, meeting_energy
from .occlusal_points import coarse_crowns, fine_crowns
from .opposing import LEVER_MM, Floats, Occlusal, closing_energy, gaps_mm, pose_matrix, relief_of
from .settings import BiteSettings
from .settling import Rest, apart, lattice, motion_of, settled

_AREA_MM = ((1.2, 0.25), (0.5, 0.12))  # reach of contact and give of surfaces when closing over areas
_RELIEF_MM = (0.2, 0.1)
_ROUNDS = (4, 3)
_KNEE = 2  # a place of the first search is looked at half a step to each side in the second
_TRIPOD = 3


@dataclass(frozen=True, eq=False)
class Found:
    """One place in which the arches close.

    Parameters
    ----------
    motion
        ``(4, 4)``: lower patient frame to upper.
    pose
        ``(6,) mm``: the same from class I.
    closure
        0 where all occlusal surface lies on the other arch, 1 where none does.
    energy
        What share of the teeth does not meet, and the prior.
    touching
        Lower teeth that meet an upper one.
    """

    motion: Transform
    pose: Floats
    closure: float
    energy: float
    touching: tuple[int, ...]
    held_mm: float
    """How far scans' noise lets the contacts shift, standard deviation."""


class Closing:
    """Both arches made ready.

    Parameters
    ----------
    upper_teeth
        The upper teeth alone, patient frame, mm.
    lower, tooth
        The lower scan and the tooth of each of its faces.
    occlusal
        Its weighted occlusal points.
    start
        ``(4, 4)``: where class I would put it.
    settings
        Where to look and how to judge.
    """

    def __init__(
        self,
        upper_teeth: Mesh,
        lower: Mesh,
        tooth: NDArray[np.int64],
        occlusal: Occlusal,
        start: Transform,
        settings: BiteSettings,
    ) -> None:
        self.settings, self.start = settings, start
        self.relief, self.fine_relief = (relief_of(upper_teeth, step) for step in _RELIEF_MM)
        self.lower, self.tooth = lower, tooth
        self.occlusal = Occlusal(occlusal.points @ start[:3, :3].T + start[:3, 3], occlusal.weights, occlusal.teeth)
        self.crowns = [self._weighted(coarse_crowns(lower, tooth, start, most)) for most in settings.settled_points]

    def search(self) -> list[Found]:
        """Return the places where the arches close, best first; the first is always there."""
        s = self.settings
        reach = (s.reach_lateral_mm, s.reach_sagittal_mm, float(np.radians(s.reach_turn_deg)))
        steps = (s.grid_mm, float(np.radians(s.grid_deg)))
        places = apart(self._settled(lattice(np.zeros(6), reach, steps), 0), s.kept[0], 0.8 * steps[0], 0.8 * steps[1])
        motions = self._nearer(places, steps, s.kept[1])
        if not motions:  # too few teeth to carry the arch
            closed = min((self._close(pose, 0) for pose in self._starts()), key=lambda c: (c[0], *c[1]))[1]
            motions = [pose_matrix(self._close(closed, 1)[1], self.occlusal.centre()) @ self.start]
        rough = _best_first([self._meet(m, slice(0, 1)) for m in motions], s.same_place_mm)
        return _best_first([self._meet(f.motion, slice(1, None)) for f in rough[: s.kept[2]]], s.same_bite_mm)

    def near(self, motion: Transform) -> Found:
        """Return the place nearest to a given motion of the lower arch, found without looking further around."""
        pose = _pose_of(motion @ np.linalg.inv(self.start), self.occlusal.centre())
        closed = pose_matrix(self._close(pose, 1)[1], self.occlusal.centre()) @ self.start
        return min((self._meet(m, slice(None)) for m in (motion, closed)), key=lambda f: f.energy)

    def _settled(self, places: Floats, stage: int) -> Floats:
        s, crowns = self.settings, self.crowns[stage]
        if len(crowns.points) == 0:
            return np.zeros((0, 7))
        back = np.array([numbers.position(int(t)) >= 4 for t in crowns.teeth], dtype=bool)
        left = np.array([numbers.is_left(int(t)) for t in crowns.teeth], dtype=bool)
        if back.sum() < _TRIPOD or not (back & left).any() or not (back & ~left).any():
            back[:] = True
        relief = (self.relief, self.fine_relief)[stage]
        rest = Rest(s.settled_reach_mm[stage], float(np.tan(np.radians(s.reach_tilt_deg))), _ROUNDS[stage])
        return settled(places, crowns, back, relief, rest)

    def _nearer(self, places: Floats, steps: tuple[float, float], count: int) -> list[Transform]:
        """Look half a step around each place with more points; return the best motions of the lower arch."""
        half = (steps[0] / _KNEE, steps[1] / _KNEE)
        around = [lattice(p[1:], (half[0], half[0], half[1]), half) for p in places]
        if not around:
            return []
        found = apart(self._settled(np.concatenate(around), 1), count, 1.3 * half[0], 1.2 * half[1])
        return [motion_of(p[1:], self.crowns[1].centre()) @ self.start for p in found]

    def _weighted(self, crowns: Crowns) -> Crowns:
        weights = [1.0 if numbers.position(int(t)) >= 4 else self.settings.front_weight for t in crowns.teeth]
        return replace(crowns, weights=np.array(weights))

    def _starts(self) -> list[Floats]:
        s, lower = self.settings, self.occlusal
        starts = []
        x, turn = s.reach_lateral_mm, float(np.radians(s.reach_turn_deg)) * LEVER_MM
        for y in np.arange(-s.reach_sagittal_mm, s.reach_sagittal_mm + 0.1, 1.0):
            for aside, yaw in ((0.0, 0.0), (x, 0.0), (-x, 0.0), (0.0, turn), (0.0, -turn)):
                pose = np.array([0.0, 0.0, yaw, aside, y, 0.0])
                motion = pose_matrix(pose, lower.centre())
                gap, cover = gaps_mm(lower.points @ motion[:3, :3].T + motion[:3, 3], self.relief)
                over = gap[cover > 0.5]
                if len(over) > 20:  # close until a few points touch
                    pose[5] = float(np.quantile(over, 0.02))
                    starts.append(pose)
        return starts or [np.zeros(6)]

    def _close(self, pose: Floats, stage: int) -> tuple[float, Floats]:
        attraction, softness = _AREA_MM[stage]

        def energy(x: Floats) -> tuple[float, Floats]:
            value, slope = closing_energy(x, self.occlusal, self.relief, attraction, softness)
            cost, more = self._prior(x)
            return value + cost, slope + more

        found = minimize(energy, pose, jac=True, method="L-BFGS-B", options={"maxiter": 30 if stage == 0 else 100})
        return float(found.fun), np.asarray(found.x)

    def _prior(self, x: Floats) -> tuple[float, Floats]:
        """A weak wish for class I, so that otherwise equal bites do not tie."""
        spread = self.settings.class_one_sd_mm * np.array([0.5, 1.0, 0.5])
        place = x[[3, 4, 2]] / spread
        slope = np.zeros(6)
        slope[[3, 4, 2]] = 2 * self.settings.class_one_weight * place / spread
        return self.settings.class_one_weight * float(place @ place), slope

    def _meet(self, motion: Transform, stages: slice) -> Found:
        """Let every tooth that can touch its antagonists, then judge the place."""
        s = self.settings
        for reach, give, blend in s.meeting_mm[stages]:
            crowns = self._weighted(fine_crowns(self.lower, self.tooth, motion, self.fine_relief))
            if len(crowns.points) == 0:
                break
            found = minimize(
                meeting_energy,
                np.zeros(6),
                args=(crowns, self.fine_relief, Closeness(s.overlap_mm, reach, give, blend)),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": 60},
            )
            motion = pose_matrix(np.asarray(found.x), crowns.centre()) @ motion
        return self._judged(motion, Closeness(s.overlap_mm, *s.meeting_mm[stages][-1]))

    def _judged(self, motion: Transform, close: Closeness) -> Found:
        """Put a place into numbers: a tooth with nothing near it counts as one that does not meet."""
        pose = _pose_of(motion @ np.linalg.inv(self.start), self.occlusal.centre())
        s, prior = self.settings, self._prior(pose)[0]
        closure = closing_energy(pose, self.occlusal, self.relief, *_AREA_MM[1])[0]
        crowns = self._weighted(fine_crowns(self.lower, self.tooth, motion, self.fine_relief))
        total = float(self.crowns[0].weights.sum())
        if len(crowns.points) == 0 or total == 0:
            return Found(motion, pose, closure, 1.0 + prior, (), np.inf)
        meeting, _ = meeting_energy(np.zeros(6), crowns, self.fine_relief, close)
        gap = clearances_mm(crowns, self.fine_relief, close.blend_mm)
        touching = tuple(int(t) for t in crowns.teeth[gap < self.settings.overlap_mm])
        energy = 1.0 + (meeting - float(crowns.weights.sum())) / total + prior
        held = held_mm(crowns, self.fine_relief, close.blend_mm, s.overlap_mm, s.contact_noise_mm)
        return Found(motion, pose, closure, energy, touching, held)


def _best_first(found: list[Found], apart_mm: float) -> list[Found]:
    """Sort places from best to worst, without near copies of a better one."""
    result: list[Found] = []
    for one in sorted(found, key=lambda f: (f.energy, *f.pose)):
        if all(np.abs(one.pose - kept.pose).max() > apart_mm for kept in result):
            result.append(one)
    return result


def _pose_of(motion: Transform, centre: Floats) -> Floats:
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_matrix(motion[:3, :3]).as_rotvec()
    shift = motion[:3, :3] @ centre + motion[:3, 3] - centre
    return np.concatenate([turn * LEVER_MM, shift])
