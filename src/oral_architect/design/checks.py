"""The clinical checks of one restoration, each with value, limit, source, verdict and a place to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Tooth
from oral_architect.findings.document import Finding
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.reference import Row, find
from oral_architect.teeth.fdi import is_anterior, jaw_of, position
from oral_architect.teeth.shape_model import crown_model

from .contact import Opposite, occlusal_row, proximal_row, reach_row
from .document import Check, RestorationKind, Verdict
from .estimates import estimate, tooth_group
from .function.judged_contacts import function_checks
from .function.judged_piece import Connector, piece_checks
from .function.judging import Against, does_not_apply, judged, not_evaluated, summary, worst_first
from .materials import Material, material_for
from .solid import Built
from .thickness import Region, Thickness, regions_of, seam_edges, thickness_of

if TYPE_CHECKING:
    from .function.arrangement import Arranged

Floats = NDArray[np.float64]

SEAM_REACH_MM = 0.3
"""How far beside the seam new and sound surface are compared."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is checked: a tooth, its finding, what was built on it, and what surrounds it."""

    tooth: Tooth
    kind: RestorationKind
    built: Built
    crown: Mesh | None
    """Remaining tooth; ``None`` for a pontic."""
    expected: Mesh
    finding: Finding
    neighbours: list[Opposite]
    antagonist: Opposite | None
    material: Material | None = None
    """What it is made of; the default of its kind when left out."""
    axis: Floats | None = None
    """``(3,)`` insertion axis; the tooth's own when left out."""
    arranged: Arranged | None = None
    """Contacts asked for and made, and the way past the other jaw."""
    connectors: tuple[Connector, ...] = ()
    """Middles of the two teeth each connector joins, ``(3,) mm``."""

    @property
    def occlusal(self) -> Floats:
        """Unit direction toward the antagonist, ``(3,)``."""
        return np.asarray(self.tooth.axes[2])

    @property
    def made_of(self) -> Material:
        """The material."""
        return self.material or material_for(self.kind)

    @cached_property
    def walls(self) -> Thickness:
        """Thickness of the new material."""
        return thickness_of(self.built, self.occlusal)


def all_checks(subject: Subject) -> tuple[Check, ...]:
    """Carry out every check of one restoration, the worst first.

    Every check is there every time; one that could not be carried out says why.
    """
    parts = (_closed, _crossed, _thick, _proximal, _antagonist, _function, _piece, _seam, _volume, _dentine, _size)
    return worst_first(check for part in parts for check in part(subject))


def _check(
    s: Subject,
    name: str,
    value: float | None,
    against: Against,
    verdict: Verdict,
    *,
    at: Floats | None = None,
    note: str = "",
) -> Check:
    return judged(s.tooth.fdi, name, value, against, verdict, at=at, note=note)


def _closed(s: Subject) -> Iterator[Check]:
    edges, counts = s.built.body.edge_table
    open_edges = int((counts != 2).sum())
    row = Row("", {"source": "geometry: every edge has exactly two faces", "standing": "computed"})
    at = s.built.body.vertices[edges[counts != 2][0, 0]] if open_edges else None
    verdict: Verdict = "fail" if open_edges else "pass"
    yield _check(s, "watertight", open_edges, Against(row, 0.0, "edges"), verdict, at=at, note=f"by {s.built.route}")


def _crossed(s: Subject) -> Iterator[Check]:
    from .bodies.crossing import crossings

    row = Row("", {"source": "geometry: no two faces cut through each other", "standing": "computed"})
    pairs = crossings(s.built.body)
    at = s.built.body.vertices[s.built.body.faces[pairs[0, 0], 0]] if len(pairs) else None
    verdict: Verdict = "fail" if len(pairs) else "pass"
    yield _check(s, "self-intersection", len(pairs), Against(row, 0.0, "faces"), verdict, at=at)


def _thick(s: Subject) -> Iterator[Check]:
    """Judge the walls region by region."""
    regions = regions_of(s.walls, s.occlusal, s.tooth.fdi)
    up: Region = "incisal" if is_anterior(s.tooth.fdi) else "occlusal"
    wanted: tuple[Region, ...] = (up, "cusp", "fissure", "axial")
    for region in wanted:
        name = f"minimum thickness, {region}"
        least, limit = s.walls.least(regions[region]), s.made_of.wall(region, s.tooth.fdi)
        value, at = least if least is not None else (None, None)
        if limit is None:
            note = f"No published minimum for {s.made_of.name}; the edge runs out by design."
            if region in ("cusp", "fissure"):
                if s.made_of.has_walls(s.tooth.fdi):  # of a material without any limits it is said once
                    against = Against(None, None, "mm")
                    yield does_not_apply(s.tooth.fdi, name, against, f"the maker names no {region}; {up} is judged.")
                continue
            yield _check(s, name, value, Against(None, None, "mm"), "warn", at=at, note=note)
            continue
        against = Against(limit.row(), limit.value, "mm")
        if value is None:
            yield does_not_apply(s.tooth.fdi, name, against, f"the restoration has no {region} wall.")
            continue
        verdict: Verdict = "pass" if value >= limit.value else "fail"
        yield _check(s, name, value, against, verdict, at=at, note=f"{limit.material}, {limit.what}")


def _function(s: Subject) -> Iterator[Check]:
    yield from function_checks(s.tooth.fdi, s.arranged, in_bite=s.antagonist is not None)


def _piece(s: Subject) -> Iterator[Check]:
    axis = s.occlusal if s.axis is None else s.axis
    yield from piece_checks(
        s.tooth.fdi,
        s.kind,
        s.built.body,
        s.built.outer,
        s.walls,
        axis=axis,
        material=s.made_of,
        connectors=s.connectors,
    )


def _proximal(s: Subject) -> Iterator[Check]:
    """Touching the neighbours: judged on the new surface only, the tooth's own contacts are left as they are."""
    row, reach = proximal_row(), reach_row()
    strip = find("clinical_limits", group="contacts", quantity="proximal_strip_test_um")
    points, new = _outer_points(s)
    if not s.neighbours:
        yield does_not_apply(s.tooth.fdi, "proximal contact", Against(row, None, "um"), "no neighbour stands.")
    for neighbour in s.neighbours:
        name = f"proximal contact {neighbour.fdi}"
        gap = neighbour.gap_mm(points)
        least = float(gap.min())
        if least > reach.need("value"):
            note = f"{neighbour.fdi} stands too far off; no contact is built."
            value = least if np.isfinite(least) else None
            yield _check(s, name, value, Against(reach, reach.need("value"), "mm"), "pass", note=note)
            continue
        fresh = np.where(new, gap, np.inf)
        worst = int(np.argmin(fresh))
        overlap_um = -1000 * float(fresh[worst])
        if overlap_um > row.need("value"):
            over: Verdict = "pass" if overlap_um <= row.need("high") else "fail"
            note = f"overlap of the new surface, {row.need('value'):.0f} um designed"
            yield _check(s, name, overlap_um, Against(row, row.need("high"), "um"), over, at=points[worst], note=note)
            continue
        nearest = int(np.argmin(gap))
        open_um, limit = max(-1000 * -float(gap[nearest]), 0.0), strip.need("value")
        made = "new surface" if nearest == worst else "the tooth's own surface"
        verdict: Verdict = "pass" if open_um <= limit else "warn"
        note = f"gap at the {made}" if open_um > 0 else f"touches at the {made}"
        yield _check(s, name, open_um, Against(strip, limit, "um"), verdict, at=points[nearest], note=note)


def _antagonist(s: Subject) -> Iterator[Check]:
    row = occlusal_row()
    name, limit = "antagonist overlap", row.need("high")
    if s.antagonist is None:
        yield not_evaluated(s.tooth.fdi, name, Against(row, limit, "um"), "no bite or no antagonist is known.")
        return
    points, new = _outer_points(s)
    gap = np.where(new, s.antagonist.gap_mm(points), np.inf)
    worst = int(np.argmin(gap))
    if not np.isfinite(gap[worst]):
        yield _check(s, name, 0.0, Against(row, limit, "um"), "pass", note="Nothing opposes the new surface.")
        return
    overlap_um = -1000 * float(gap[worst])
    touch = find("clinical_limits", group="contacts", quantity="virtual_contact_tolerance_um")
    verdict: Verdict = "pass" if overlap_um <= touch.need("high") else "warn" if overlap_um <= limit else "fail"
    note = f"negative is clearance; to look at from {touch.need('high'):.0f} um on ({touch.source})"
    yield _check(s, name, overlap_um, Against(row, limit, "um"), verdict, at=points[worst], note=note)


def _seam(s: Subject) -> Iterator[Check]:
    """Step at the margin: how far the new surface leaves the tangent of the sound surface beside it."""
    if s.crown is None:
        return
    row = find("clinical_limits", group="fit", quantity="marginal_gap_acceptable_um")
    pair, outer_face, _ = seam_edges(s.built)
    if len(pair) == 0:
        return
    middle = s.built.body.vertices[pair].mean(axis=1)
    across = SEAM_REACH_MM * _across(s.built.body, pair, outer_face)
    crown = Surface(s.crown)
    near = crown.nearest(middle - across)
    normal = crown.interpolate(s.crown.vertex_normals, near)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    there = Surface(s.built.body.part(s.built.outer)[0]).nearest(middle + across).points
    step_um = 1000 * np.abs(((there - middle) * normal).sum(axis=1))
    value, limit = float(np.median(step_um)), row.need("high")
    at = middle[int(np.argmax(step_um))]
    note = f"median over the seam, {SEAM_REACH_MM} mm from it (90th percentile {np.percentile(step_um, 90):.0f} um)"
    verdict: Verdict = "pass" if value <= limit else "warn"
    yield _check(s, "step at the margin", value, Against(row, limit, "um"), verdict, at=at, note=note)


def _across(body: Mesh, pair: NDArray[np.int64], face: NDArray[np.int64]) -> Floats:
    """Unit direction within a face, away from one of its edges."""
    a, b = body.vertices[pair[:, 0]], body.vertices[pair[:, 1]]
    along = b - a
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    inward = body.vertices[body.faces[face]].mean(axis=1) - a
    inward -= (inward * along).sum(axis=1, keepdims=True) * along
    return np.asarray(inward / np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-12))


def _volume(s: Subject) -> Iterator[Check]:
    if s.crown is None:
        return
    lost, row = s.finding.lost_volume, estimate("volume_agreement")
    built = s.built.body.volume_mm3
    apart = abs(built - lost.value)
    limit = row.need("value") * lost.value + 2 * lost.sd
    verdict: Verdict = "pass" if apart <= limit else "warn"
    note = f"lost {lost.value:.2f} ± {lost.sd:.2f} mm3, rebuilt {built:.2f} mm3"
    yield _check(s, "rebuilt against lost volume", apart, Against(row, limit, "mm3"), verdict, note=note)


def _dentine(s: Subject) -> Iterator[Check]:
    """Remaining dentine under the deepest place: assumed distance of the pulp minus depth lost."""
    if s.crown is None:
        return
    row = find("clinical_limits", group="pulp", quantity="remaining_dentine_min_mm")
    inner, _ = s.built.body.part(~s.built.outer)
    if len(inner.faces) == 0:
        return
    depth = -Surface(s.expected).signed_distance_mm(inner.vertices)
    upright = np.abs(inner.vertex_normals @ s.occlusal)
    group = tooth_group(s.tooth.fdi)
    top, side = estimate("pulp_from_top", group), estimate("pulp_from_side", group)
    left = upright * top.need("value") + (1 - upright) * side.need("value") - depth
    worst = int(np.argmin(left))
    sd = float(np.hypot(top.need("sd") if upright[worst] > 0.5 else side.need("sd"), s.finding.max_depth.sd))
    value, limit = float(left[worst]), row.need("value")
    verdict: Verdict = "pass" if value - 2 * sd >= limit else "warn" if value + 2 * sd >= limit else "fail"
    note = f"estimate, ± {sd:.1f} mm: the pulp is not seen; its place is {top.standing} ({top.source})"
    yield _check(s, "remaining dentine", value, Against(row, limit, "mm"), verdict, at=inner.vertices[worst], note=note)


def _size(s: Subject) -> Iterator[Check]:
    fdi = s.tooth.fdi
    table_fdi = (10 if jaw_of(fdi) == "upper" else 40) + position(fdi)
    row = find("tooth_dimensions", fdi=str(table_fdi), dentition="permanent")
    crowns = Row(row.table, {**row.cells, "standing": row.cells["standing_crown"]})
    sds = estimate("size_agreement").need("value") * crown_model(fdi).size_sd
    axes = np.asarray(s.tooth.axes)
    for name, axis, column in (("mesiodistal width", 0, "md_mm"), ("buccolingual width", 1, "bl_mm")):
        value, mean = float(np.ptp(s.built.whole.vertices @ axes[axis])), row.need(column)
        verdict: Verdict = "pass" if abs(value / mean - 1) <= sds else "warn"
        note = f"plausible within {sds:.0%} of the mean; the limit is that mean"
        yield _check(s, f"crown {name}", value, Against(crowns, mean, "mm"), verdict, note=note)


def _outer_points(s: Subject) -> tuple[Floats, NDArray[np.bool_]]:
    """Points over the whole restored surface, and which of them are new surface."""
    whole = s.built.whole
    points = np.concatenate([whole.vertices, whole.vertices[whole.faces].mean(axis=1)])
    outer, _ = s.built.body.part(s.built.outer)
    return points, Surface(outer).nearest(points).distance_mm < 1e-4


__all__ = ["Against", "Subject", "all_checks", "summary", "worst_first"]
