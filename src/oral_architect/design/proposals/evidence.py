"""What is left of a mouth as evidence for one tooth's form: each kind linearised about the present estimate.

All kinds give *rows* on the unknowns (turn, shift, log size, mode coefficients), what they ask the rows to amount to,
and how sure each is; a Gauss-Newton step of a maximum a posteriori estimate adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oral_architect.findings.fit import Samples, trust
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface

from .form import Stand, smooth_normals, wall_of
from .place import top_of

Floats = NDArray[np.float64]

LINE_SD_MM = 0.15
"""How far a finish line may lie off the tooth's own former surface."""
ROOT_SD = 0.3
"""What is not known of the wall below the model's margin: that much per millimetre below it."""
LINE_TOGETHER_MM = 0.2
"""How far all of it may lie off to one side: cut deeper, or crowns made fuller at the neck than teeth are."""
LINE_PATCH_MM = 1.2
"""Length of line over which that is alike: so much counts as one observation."""
UNDER_GUM_MM, HEIGHT_SD_MM = 0.4, 0.7
"""How far a finish line runs below the gingival edge, mean and standard deviation: from half a millimetre above it to
more than one below."""
TOUCH_SD_MM = 0.06
"""How closely teeth that touch do touch, as fitted forms show it."""
SOFT_MM = 0.08
"""Points within this of the nearest one share a contact."""
APART_MM = 0.6
"""A gap of this size between neighbours is believed to be one: contact is doubted from here on."""
OVERLAP_SD_MM = 0.10
"""How far fitted forms may run into one another."""
BITE_SD_MM = 0.25
"""How closely a posterior tooth meets its antagonist at its nearest point, as scans in bite show it."""
PATCH_MM2 = 1.0
"""Surface over which misfit is alike: so much counts as one observation."""
MISFIT_MM = 0.12
"""What the modes leave unexplained on a crown, root mean square (``findings.fit.RESIDUAL_MM``)."""
NEAR_MM = 3.0
"""The antagonist is asked within this distance."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Linear evidence: ``rows @ step`` should be ``wanted``, each with a ``precision``."""

    rows: Floats
    wanted: Floats
    precision: Floats


@dataclass(frozen=True)
class Depth:
    """How deep a surface laid bare lies under the one that was there."""

    mean_mm: float
    together_mm: float
    """How far that is off for the whole of it, standard deviation."""
    sd_mm: float
    """From place to place."""
    patch_mm2: float
    """Surface over which it is alike: so much counts as one observation."""


WORN = Depth(0.8, 0.3, 0.4, 9.0)
"""Wear, erosion, cavities: a few tenths of a millimetre to one and a half; broad, and its course copies nothing of the
tooth's."""
GROUND = Depth(1.0, 0.3, 0.4, 1.0)
"""A preparation follows the tooth: 1.0 mm on the walls to 1.5 mm on the biting surface, as
``reference/thickness_limits.csv`` asks of crowns, and less near the finish line, as ``clinical_limits.csv`` saw it."""


class Evidence(Protocol):
    """Something known about a tooth."""

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """Linearise about an estimate; ``slack_mm`` is the misfit still to be expected of it, coarse to fine."""
        ...


def spread_of(sd_mm: Any, slack_mm: float) -> Any:
    """Variance of an observation (one or an array) while the estimate is still off, mm²."""
    return sd_mm**2 + slack_mm**2


def _with_common(rows: Floats, wanted: Floats, precision: Floats, sd_mm: float) -> tuple[Floats, Floats]:
    """Marginalise an offset that all observations share: their mean then counts less than their course.

    With weights p and D = diag(p), the precision matrix D - D 1 1' D / (1/sd² + sum p) is written as the square of
    rows from which a share of the weighted mean is taken.
    """
    total = float(precision.sum())
    share = 1.0 - 1.0 / np.sqrt(1.0 + total * sd_mm**2)
    weight = precision / max(total, 1e-12)
    return rows - share * (weight @ rows), wanted - share * float(weight @ wanted)


@dataclass(frozen=True, eq=False)
class Line:
    """A finish line: it runs on the tooth's former surface, near its gingival margin."""

    points: Points
    above_mm: float
    """How far above the model's gingival margin the gingival edge is expected on average."""
    above_sd_mm: float

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """On the wall sideways, and at the expected height on average."""
        near = wall.nearest(self.points)
        normal = smooth_normals(wall, near)
        gap = ((self.points - near.points) * normal).sum(axis=1)
        rows = stand.answer(near.points, normal, stand.modes_at(near))
        length = float(np.linalg.norm(np.diff(self.points, axis=0, append=self.points[:1]), axis=1).sum())
        share = max(length / LINE_PATCH_MM, 6.0) / len(self.points)
        below = wall.interpolate(wall_of(stand.fdi).below_mm, near)
        each = share / spread_of(np.hypot(LINE_SD_MM, ROOT_SD * below), slack_mm)
        rows, gap = _with_common(rows, gap, each, LINE_TOGETHER_MM)
        rim = wall_of(stand.fdi).rim
        up = stand.rotation[:, 2]
        level = stand.answer(wall.mesh.vertices[rim], np.repeat(up[None], len(rim), axis=0), stand.modes_of(rim)).mean(
            axis=0
        )
        above = float((self.points @ up).mean() - (wall.mesh.vertices[rim] @ up).mean())
        height = 1.0 / (self.above_sd_mm**2 + HEIGHT_SD_MM**2)
        return Rows(
            np.vstack([rows, level[None]]),
            np.append(gap, above - (self.above_mm - UNDER_GUM_MM)),
            np.append(each, height),
        )


@dataclass(frozen=True, eq=False)
class LinedUp:
    """Cusps and edges stand in line with those of the other teeth."""

    top_mm: Floats
    """``(3,)``: where the middle of the tooth's top is expected."""
    sd_mm: Floats
    """``(3,)``."""

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """The middle of the top is where it is expected."""
        top = top_of(stand.fdi)
        at = wall.mesh.vertices[top]
        modes = stand.modes_of(top)
        rows = np.stack(
            [stand.answer(at, np.repeat(axis[None], len(at), axis=0), modes).mean(axis=0) for axis in np.eye(3)]
        )
        return Rows(rows, self.top_mm - at.mean(axis=0), 1.0 / self.sd_mm**2)


@dataclass(frozen=True, eq=False)
class Remains:
    """Tooth surface that is still there and sound."""

    data: Samples
    area_mm2: float
    loss_mm: float
    """Depth inside the form from which a point is taken for loss."""

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """On the surface; points that disagree strongly, or face another way, are distrusted."""
        near = wall.nearest(self.data.points)
        normal = smooth_normals(wall, near)
        gap = ((self.data.points - near.points) * normal).sum(axis=1)
        apart = np.where(gap < 0, -near.distance_mm, near.distance_mm)
        facing = np.clip(((normal * self.data.normals).sum(axis=1) - 0.2) / 0.5, 0.0, 1.0)
        weight = self.data.weights * facing * trust(apart, self.loss_mm + 2 * slack_mm)
        patches = self.area_mm2 / PATCH_MM2
        rows = stand.answer(near.points, normal, stand.modes_at(near))
        # misfit itself is estimated, within bounds, from what is trusted
        misfit2 = float((weight * gap**2).sum() / max(float(weight.sum()), 1e-12))
        return Rows(rows, gap, weight * patches / np.clip(2 * misfit2, 0.04**2, MISFIT_MM**2 + slack_mm**2))


@dataclass(frozen=True, eq=False)
class Lost:
    """Surface laid bare by wear, erosion, a cavity or a bur: the tooth once reached beyond it, by about so much."""

    data: Samples
    area_mm2: float
    depth: Depth = WORN

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """Some way inside the form; never outside."""
        near = wall.nearest(self.data.points)
        normal = smooth_normals(wall, near)
        gap = ((self.data.points - near.points) * normal).sum(axis=1)
        rows = stand.answer(near.points, normal, stand.modes_at(near))
        area = self.data.weights * self.area_mm2
        each = area / self.depth.patch_mm2 / spread_of(self.depth.sd_mm, slack_mm)
        shared, wanted = _with_common(rows, gap + self.depth.mean_mm, each, self.depth.together_mm)
        out = np.maximum(gap, 0.0)
        over = area / PATCH_MM2 / spread_of(MISFIT_MM, slack_mm) * (gap > 0)
        return Rows(np.concatenate([shared, rows]), np.concatenate([wanted, out]), np.concatenate([each, over]))


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A tooth standing beside: it is touched, and not run into."""

    surface: Surface
    """Closed."""
    touches: bool
    """Whether a contact is expected."""

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """The nearest points touch; no point lies deep inside."""
        return _meeting(stand, wall, self.surface, slack_mm, TOUCH_SD_MM if self.touches else None, closed=True)


@dataclass(frozen=True, eq=False)
class Antagonist:
    """The opposing teeth: posterior teeth meet them, and no tooth runs into them."""

    surface: Surface
    touches: bool

    def rows(self, stand: Stand, wall: Surface, slack_mm: float) -> Rows:
        """The nearest points touch; no point lies deep inside."""
        return _meeting(stand, wall, self.surface, slack_mm, BITE_SD_MM if self.touches else None, closed=False)


def _meeting(
    stand: Stand, wall: Surface, other: Surface, slack_mm: float, touch_sd_mm: float | None, *, closed: bool
) -> Rows:
    mesh = wall.mesh
    own = np.flatnonzero(wall_of(stand.fdi).below_mm == 0)
    points = mesh.vertices[own]
    near = other.nearest(points)
    gap = other.signed(points, near)
    outward = other.pseudo_normals(near)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12)
    if not closed:  # beyond the edge of a scan, and behind its back, nothing is known
        facing = (outward * mesh.vertex_normals[own]).sum(axis=1) < 0.3
        known = facing & (near.distance_mm < NEAR_MM) & ~_at_edge(other, near.points)
        gap = np.where(known, gap, np.inf)
    least = float(gap.min())
    if not np.isfinite(least):
        return Rows(np.zeros((0, stand.unknowns)), np.zeros(0), np.zeros(0))
    area = np.bincount(mesh.faces.ravel(), weights=np.repeat(mesh.face_areas / 3, 3), minlength=len(mesh.vertices))
    inside = np.flatnonzero(gap < -TOUCH_SD_MM / 2)
    chosen = np.flatnonzero(gap < least + 3 * SOFT_MM)
    asked = np.union1d(inside, chosen)
    answers = stand.answer(points[asked], outward[asked], stand.modes_of(own[asked]))
    rows: list[Floats] = []
    wanted: list[Floats] = []
    precision: list[Floats] = []
    if touch_sd_mm is not None:
        soft = np.exp(-(gap[chosen] - least) / SOFT_MM)
        soft /= soft.sum()
        rows.append((soft @ answers[np.searchsorted(asked, chosen)])[None])
        wanted.append(np.array([-float(soft @ gap[chosen])]))
        doubt = 1.0 if least < 0 else 1.0 / (1.0 + (least / (APART_MM + slack_mm)) ** 2) ** 2
        precision.append(np.array([doubt / spread_of(touch_sd_mm, slack_mm)]))
    if len(inside):
        rows.append(answers[np.searchsorted(asked, inside)])
        wanted.append(-gap[inside] - TOUCH_SD_MM / 2)
        precision.append(area[own[inside]] / PATCH_MM2 / spread_of(OVERLAP_SD_MM, slack_mm))
    if not rows:
        return Rows(np.zeros((0, stand.unknowns)), np.zeros(0), np.zeros(0))
    return Rows(np.concatenate(rows), np.concatenate(wanted), np.concatenate(precision))


def _at_edge(surface: Surface, points: Points) -> NDArray[np.bool_]:
    from oral_architect.findings.fit import near_border

    return near_border(surface.mesh, points, 0.3)


def remains(surface: Mesh, data: Samples, loss_mm: float = 0.25) -> Remains:
    """Take what is left of a tooth as evidence; points deeper inside than ``loss_mm`` are taken for loss after all."""
    return Remains(data, surface.area_mm2, loss_mm)
