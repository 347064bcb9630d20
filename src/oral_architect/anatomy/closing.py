"""The search for the bite: from class I and around it, closed over areas first, then until every tooth meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from oral_architect.geometry import Mesh, Transform

from .clearance import Closeness, Crowns, clearances_mm, meeting_energy
from .occlusal_points import coarse_crowns, fine_crowns
from .opposing import LEVER_MM, Floats, Occlusal, Relief, closing_energy, gaps_mm, pose_matrix, relief_of

_STAGES_MM = ((1.2, 0.25), (0.5, 0.12))  # reach of contact and give of surfaces, coarse to fine
_KEPT = 10  # candidates that go on to the second stage
_MET = 10  # and to the third
_FINE = 5  # and to the last
_SAME_BITE_MM = 0.6
_PRIOR_WEIGHT = 0.01
_FINE_STEP_MM = 0.1
_AREA_WEIGHT = 0.5
_MEETING = ((0.3, 0.15, 0.03), (0.15, 0.08, 0.02), (0.06, 0.05, 0.01))  # reach, give, blend, coarse to fine


@dataclass(frozen=True)
class Reach:
    """Where the search looks: around class I, before and behind, to the sides, turned about the vertical."""

    sagittal_mm: float
    lateral_mm: float
    turn_deg: float
    class_one_sd_mm: float
    overlap_mm: float


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
        Half of ``closure`` and what share of the teeth does not meet, added.
    touching
        Lower teeth that meet an upper one.
    """

    motion: Transform
    pose: Floats
    closure: float
    energy: float
    touching: tuple[int, ...]


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
    reach
        Where to look.
    """

    def __init__(
        self,
        upper_teeth: Mesh,
        lower: Mesh,
        tooth: NDArray[np.int64],
        occlusal: Occlusal,
        start: Transform,
        reach: Reach,
    ) -> None:
        self.reach, self.start = reach, start
        self.relief: Relief = relief_of(upper_teeth)
        self.fine_relief: Relief = relief_of(upper_teeth, _FINE_STEP_MM)
        self.lower, self.tooth = lower, tooth
        self.occlusal = Occlusal(occlusal.points @ start[:3, :3].T + start[:3, 3], occlusal.weights, occlusal.teeth)

    def search(self) -> list[Found]:
        """Return the places where the arches close, best first; the first is always there."""
        closed = [self._close(pose, 0) for pose in self._starts()]
        again = [self._close(pose, 1) for _, pose in _distinct(closed)[:_KEPT]]
        met = [self._meet(pose, fine=False) for _, pose in _distinct(again)[:_MET]]
        return _best_first([self._meet(f.pose, fine=True) for f in _best_first(met)[:_FINE]])

    def near(self, motion: Transform) -> Found:
        """Return the place nearest to a given motion of the lower arch, found without looking further around."""
        pose = _pose_of(motion @ np.linalg.inv(self.start), self.occlusal.centre())
        _, closed = self._close(pose, 1)
        return min(
            (self._meet(self._meet(p, fine=False).pose, fine=True) for p in (pose, closed)), key=lambda f: f.energy
        )

    def _starts(self) -> list[Floats]:
        r, lower = self.reach, self.occlusal
        starts = []
        x, turn = r.lateral_mm, float(np.radians(r.turn_deg)) * LEVER_MM
        for y in np.arange(-r.sagittal_mm, r.sagittal_mm + 0.1, 1.0):
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
        attraction, softness = _STAGES_MM[stage]

        def energy(x: Floats) -> tuple[float, Floats]:
            value, slope = closing_energy(x, self.occlusal, self.relief, attraction, softness)
            cost, more = self._prior(x)
            return value + cost, slope + more

        found = minimize(energy, pose, jac=True, method="L-BFGS-B", options={"maxiter": 30 if stage == 0 else 100})
        return float(found.fun), np.asarray(found.x)

    def _prior(self, x: Floats) -> tuple[float, Floats]:
        """A weak wish for class I, so that otherwise equal bites do not tie."""
        spread = self.reach.class_one_sd_mm * np.array([0.5, 1.0, 0.5])
        place = x[[3, 4, 2]] / spread
        slope = np.zeros(6)
        slope[[3, 4, 2]] = 2 * _PRIOR_WEIGHT * place / spread
        return _PRIOR_WEIGHT * float(place @ place), slope

    def _meet(self, pose: Floats, *, fine: bool) -> Found:
        """Let every tooth that can touch its antagonists, then judge the place."""
        motion = pose_matrix(pose, self.occlusal.centre()) @ self.start
        stages = _MEETING[1:] if fine else _MEETING[:2]
        close = Closeness(self.reach.overlap_mm, *stages[-1])
        for reach, give, blend in stages:
            crowns = self._crowns(motion, fine=fine)
            if len(crowns.points) == 0:
                break
            close = Closeness(self.reach.overlap_mm, reach, give, blend)
            around = Occlusal(self._at(motion, self.occlusal.points), self.occlusal.weights, self.occlusal.teeth)
            found = minimize(
                self._both,
                np.zeros(6),
                args=(crowns, around, close),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": 80},
            )
            motion = pose_matrix(np.asarray(found.x), crowns.centre()) @ motion
        return self._judged(motion, close)

    def _both(self, x: Floats, crowns: Crowns, around: Occlusal, close: Closeness) -> tuple[float, Floats]:
        """Every tooth touching, and, where that leaves a freedom, as much surface together as possible.

        The area's pose is taken about the crowns' centre, so that both speak of the same motion.
        """
        meeting, slope = meeting_energy(x, crowns, self.fine_relief, close)
        area, more = closing_energy(x, around, self.relief, *_STAGES_MM[1], centre=crowns.centre())
        return meeting + _AREA_WEIGHT * area, slope + _AREA_WEIGHT * more

    def _at(self, motion: Transform, points: Floats) -> Floats:
        """Take the occlusal points, which lie in class I, to where a motion of the scan takes them."""
        moved = motion @ np.linalg.inv(self.start)
        return np.asarray(points @ moved[:3, :3].T + moved[:3, 3])

    def _crowns(self, motion: Transform, *, fine: bool) -> Crowns:
        if fine:
            return fine_crowns(self.lower, self.tooth, motion, self.fine_relief)
        return coarse_crowns(self.lower, self.tooth, motion)

    def _judged(self, motion: Transform, close: Closeness) -> Found:
        pose = _pose_of(motion @ np.linalg.inv(self.start), self.occlusal.centre())
        closure = closing_energy(pose, self.occlusal, self.relief, *_STAGES_MM[1])[0] + self._prior(pose)[0]
        crowns = coarse_crowns(self.lower, self.tooth, motion)
        meeting, _ = meeting_energy(np.zeros(6), crowns, self.fine_relief, close)
        gap = clearances_mm(crowns, self.fine_relief, close.blend_mm)
        touching = tuple(int(t) for t in crowns.teeth[gap < 2 * self.reach.overlap_mm])
        return Found(motion, pose, closure, _AREA_WEIGHT * closure + meeting, touching)


def _pose_of(motion: Transform, centre: Floats) -> Floats:
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_matrix(motion[:3, :3]).as_rotvec()
    shift = motion[:3, :3] @ centre + motion[:3, 3] - centre
    return np.concatenate([turn * LEVER_MM, shift])


def _distinct(places: list[tuple[float, Floats]]) -> list[tuple[float, Floats]]:
    """Places from best to worst, without near copies of a better one."""
    result: list[tuple[float, Floats]] = []
    for energy, pose in sorted(places, key=lambda p: (p[0], *p[1])):
        if all(np.abs(pose - kept).max() > _SAME_BITE_MM for _, kept in result):
            result.append((energy, pose))
    return result


def _best_first(found: list[Found]) -> list[Found]:
    result: list[Found] = []
    for one in sorted(found, key=lambda f: (f.energy, *f.pose)):
        if all(np.abs(one.pose - kept.pose).max() > _SAME_BITE_MM for kept in result):
            result.append(one)
    return result
