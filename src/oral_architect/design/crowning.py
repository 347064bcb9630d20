"""A crown for a prepared tooth: finish line and axis off the scan, an inferred outer form, contacts, a closed body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector
from oral_architect.errors import OralArchitectError, SettingsError, StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface
from oral_architect.reference import Row, find
from oral_architect.teeth.fdi import is_molar

from .checks import Subject, all_checks
from .contact import antagonist_of, neighbours_of
from .document import Check, Offered, Policy, Prepared, Restoration, Verdict
from .function.judging import worst_first
from .function.policies import Walls, apply_policy
from .materials import materials_for
from .plan_materials import material_for
from .rebuilding import Task, touches_of, unit, works
from .solid import Built

if TYPE_CHECKING:
    from .form import Form
    from .function import ContactsWanted, Surroundings
    from .preparation import Preparation
    from .proposals import Proposal

POLICY: Policy = "thicken"
"""What is done where the least thickness cannot be met, unless a plan says otherwise."""

_NO_UNDERCUT = Row("", {"source": "geometry: what is undercut cannot be seated", "standing": "computed"})
_SEEN = Row("", {"source": "the scan: where the finish line was seen", "standing": "measured"})
_BLOCKED_MM = 0.05
"""An undercut this shallow is blocked out without a word."""


@dataclass(frozen=True, eq=False)
class Crowned:
    """A crown with all that belongs to it."""

    restoration: Restoration
    built: Built
    shapes: dict[str, Mesh] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def make_crown(task: Task) -> Crowned:
    """Design the crown of a prepared tooth.

    Raises
    ------
    StageError
        When no finish line is seen, there is no room, no form fits, or no closed body results.
    SettingsError
        When a point or an axis of the plan cannot be.
    """
    from .bodies import CementSettings, crown_body
    from .function import free_form

    fdi, plan, landscape = task.fdi, task.plan, task.landscape
    preparation = _preparation(task)
    offers = _offers(task, preparation)
    chosen = offers[0]
    arranged, around, wanted = works(free_form(chosen.outer, chosen.closed, preparation.finish_line), task)
    cement = CementSettings()
    material = material_for("crown", plan.material)
    walls = Walls(arranged.form, preparation.die, cement.gap_um / 1000, preparation.finish_line)
    form, material, said = _thick_enough(task, walls, material, around, wanted)
    body = crown_body(form.mesh, preparation, cement, base=chosen.closed)
    built = Built(body.mesh, body.outer, body.whole, body.route)
    subject = Subject(
        landscape.tooth(fdi),
        "crown",
        built,
        landscape.crown(fdi),
        chosen.outer,
        task.finding,
        neighbours_of(landscape, fdi),
        antagonist_of(landscape, fdi),
        material=material,
        axis=preparation.axis,
        arranged=arranged,
    )
    checks = (*all_checks(subject), *preparation_checks(preparation), _at_the_line(built, preparation))
    restoration = Restoration(
        fdi=fdi,
        kind="crown",
        material=material.cells["material"],
        volume_mm3=body.mesh.volume_mm3,
        insertion_axis=vector(preparation.axis),
        checks=worst_first(checks),
        notes=(*chosen.why, *arranged.notes, said, *body.notes),
        form=plan.form or chosen.name,
        policy=plan.policy or POLICY,
        preparation=_record(preparation),
        proposals=tuple(Offered(name=one.name, differs=one.differs, why=one.why) for one in offers),
        contacts=touches_of(arranged),
    )
    return Crowned(
        restoration,
        built,
        shapes={f"proposal_{fdi}_{one.name}": one.outer for one in offers[1:]},
        arrays={
            f"finish_line_{fdi}": np.asarray(preparation.finish_line),
            f"finish_line_sure_{fdi}": np.asarray(preparation.sure, dtype=np.bool_),
        },
    )


def _offers(task: Task, preparation: Preparation) -> list[Proposal]:
    """Outer forms, the one to be built first."""
    from .proposals import ProposalSettings, propose

    form = task.plan.form or "inferred"
    name = "copy" if task.plan.copy_of else form
    offers = propose(
        task.landscape,
        task.fdi,
        finish_line=preparation.finish_line,
        wanted=(name, *(other for other in task.offers if other != name)),  # type: ignore[arg-type]
        settings=ProposalSettings(copy_of=task.plan.copy_of),
    )
    if not offers or offers[0].name != name:
        raise StageError(f"there is no tooth to take the form '{form}' from.", where=f"tooth {task.fdi}")
    return offers


def _thick_enough(
    task: Task, walls: Walls, row: Row, around: Surroundings, wanted: ContactsWanted
) -> tuple[Form, Row, str]:
    """Carry out the policy where walls are too thin; returns form, material, and what came of it."""
    known = next((m for m in materials_for("crown") if m.name == row.cells["material"]), None)
    if known is None:
        return walls.form, row, f"No least thickness of a crown is published for {row.cells['material']}."
    applied = apply_policy(task.plan.policy or POLICY, walls, known, around, wanted)
    if task.plan.policy == "refuse" and not applied.result.met:
        raise SettingsError(applied.result.sentence, where=f"tooth {task.fdi}", todo="Choose another policy.")
    material = material_for("crown", applied.result.material)
    return applied.form, material, applied.result.sentence


def without_line(made: Restoration, why: OralArchitectError) -> Restoration:
    """Mark what was built on a prepared tooth whose finish line could not be used: it is not to be made."""
    check = Check(
        check="finish line",
        value=None,
        limit=None,
        unit="",
        source=_SEEN.source,
        standing=_SEEN.standing,
        verdict="fail",
        fdi=made.fdi,
        note=f"{why.what} {why.todo}".strip(),
    )
    note = f"No crown on a finish line could be designed ({why.what}); this is the missing form only, not to be made."
    return made.model_copy(update={"checks": (*made.checks, check), "notes": (*made.notes, note)})


def preparation_checks(preparation: Preparation) -> Iterator[Check]:
    """Judge the preparation itself: undercut, taper, height, how much of the line was seen."""
    deepest = int(np.argmax(preparation.undercut_mm)) if len(preparation.undercut_mm) else 0
    undercut = float(preparation.undercut_mm[deepest]) if len(preparation.undercut_mm) else 0.0
    at = preparation.die.vertices[deepest] if undercut > 0 else None
    verdict: Verdict = "pass" if undercut <= _BLOCKED_MM else "warn"
    note = "blocked out along the insertion axis"
    yield _check(preparation, "undercut", undercut, 0.0, "mm", _NO_UNDERCUT, verdict, at=at, note=note)
    row = find("clinical_limits", group="preparation", quantity="total_occlusal_convergence_deg")
    taper = preparation.taper_deg
    verdict = "pass" if row.need("low") <= taper <= row.need("high") else "warn"
    note = f"{row.need('low'):g} to {row.need('high'):g} degrees wanted"
    yield _check(preparation, "total occlusal convergence", taper, row.need("high"), "deg", row, verdict, note=note)
    site = "molars" if is_molar(preparation.fdi) else "other teeth"
    row = find("clinical_limits", group="preparation", quantity="preparation_height_min_mm", site=site)
    verdict = "pass" if preparation.height_mm >= row.need("value") else "warn"
    yield _check(preparation, "abutment height", preparation.height_mm, row.need("value"), "mm", row, verdict)
    hidden = 1 - float(preparation.sure.mean())
    place = preparation.finish_line[int(np.argmin(preparation.sure))] if hidden > 0 else None
    words = "part of the finish line that was inferred, not seen"
    verdict = "pass" if hidden == 0 else "warn"
    yield _check(preparation, "hidden finish line", hidden, 0.0, "ratio", _SEEN, verdict, at=place, note=words)


def _at_the_line(built: Built, preparation: Preparation) -> Check:
    """How far the finish line lies from the crown's edge."""
    row = find("clinical_limits", group="fit", quantity="marginal_gap_acceptable_um")
    away_um = 1000 * Surface(built.body).nearest(preparation.finish_line).distance_mm
    worst = int(np.argmax(away_um))
    value, limit = float(np.percentile(away_um, 95)), row.need("high")
    verdict: Verdict = "pass" if value <= limit else "fail"
    at, note = preparation.finish_line[worst], f"95th percentile along the line; the worst is {away_um[worst]:.0f} um"
    return _check(preparation, "edge against finish line", value, limit, "um", row, verdict, at=at, note=note)


def _preparation(task: Task) -> Preparation:
    from .preparation import prepared_tooth, undercut_mm

    points = np.asarray(task.plan.line_points, dtype=np.float64).reshape(-1, 3) if task.plan.line_points else None
    found = prepared_tooth(task.landscape, task.fdi, points=points)
    if task.plan.insertion_axis is None:
        return found
    axis = unit(task.plan.insertion_axis)
    return replace(found, axis=axis, undercut_mm=undercut_mm(found.die, axis))


def _record(preparation: Preparation) -> Prepared:
    return Prepared(
        margin=preparation.margin,
        axis=vector(preparation.axis),
        taper_deg=preparation.taper_deg,
        height_mm=preparation.height_mm,
        undercut_mm=float(preparation.undercut_mm.max(initial=0.0)),
        reduction_mm=preparation.reduction_mm,
        sure_share=float(preparation.sure.mean()),
        notes=preparation.notes,
    )


def _check(
    preparation: Preparation,
    name: str,
    value: float,
    limit: float,
    unit_: str,
    row: Row,
    verdict: Verdict,
    *,
    at: NDArray[np.float64] | None = None,
    note: str = "",
) -> Check:
    return Check(
        check=name,
        value=value,
        limit=limit,
        unit=unit_,
        source=row.source,
        standing=row.standing,
        verdict=verdict,
        at=None if at is None else vector(at),
        fdi=preparation.fdi,
        note=note,
    )
