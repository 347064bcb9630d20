"""A bridge: crowns on the abutments along one axis, pontics over the gap, connectors between, one closed body."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.case import vector
from oral_architect.errors import SettingsError
from oral_architect.geometry import Mesh, concatenate
from oral_architect.teeth.fdi import arch, jaw_of

from .checks import Subject, all_checks
from .contact import Opposite, antagonist_of, neighbours_of
from .crowning import CrownOn, crown_on, preparation_of
from .document import Check, Restoration
from .estimates import estimate
from .function.judging import worst_first
from .materials import material_for, materials_for
from .plan import Plan, ToothPlan
from .pontic import Placed, inferred_pontic
from .rebuilding import Designed, Task, touches_of, unit
from .solid import Built
from .standing import at_the_line, lines_of, preparation_checks
from .thick_enough import POLICY

if TYPE_CHECKING:
    from .bodies import Body, Connector
    from .preparation import Preparation

Floats = NDArray[np.float64]


def make_bridge(task: Task, plan: Plan) -> Designed:
    """Design the bridge that replaces a missing tooth.

    Parameters
    ----------
    task
        The missing tooth; its plan says which teeth carry the bridge, and of what it is.
    plan
        The whole plan: lines, forms and contacts of the abutments.

    Raises
    ------
    SettingsError
        When the abutments cannot be, or no connector is published for the material.
    StageError
        When an abutment is not prepared, or no single closed body results.
    """
    from .bodies import bridge_body, connector_between
    from .bodies.bridge import pontic_unit

    span = span_of(task.landscape, task.plan)
    area_mm2 = _connector_mm2(task, len(span) - 2)
    crowns = _abutments(task, plan, (span[0], span[-1]))
    axis = crowns[span[0]].preparation.axis
    placed = _pontics(task, span, crowns)
    units: dict[int, Body] = {}
    for fdi in span:
        units[fdi] = crowns[fdi].body if fdi in crowns else pontic_unit(placed[fdi].form.mesh)
    occlusal = np.asarray(placed[task.fdi].tooth.axes[2])
    meshes = [units[fdi].mesh for fdi in span]
    connectors = [connector_between(a, b, area_mm2, occlusal) for a, b in pairwise(meshes)]
    body = bridge_body([units[fdi] for fdi in span], connectors, axis)
    subject = _subject(task, crowns, placed, body, connectors)
    # its width is not that of one tooth
    whole = [check for check in all_checks(subject) if not check.check.startswith("crown ")]
    checks = worst_first([*whole, *_of_abutments(crowns, body)])
    touches = [touch for made in crowns.values() for touch in touches_of(made.arranged) if touch.other not in span]
    said = [f"{fdi}: {note}" for fdi, made in crowns.items() for note in (*made.arranged.notes, made.said)]
    said += [f"{fdi}: {note}" for fdi, one in placed.items() for note in one.notes]
    restoration = Restoration(
        fdi=task.fdi,
        kind="bridge",
        material=crowns[span[0]].material.name,
        volume_mm3=body.mesh.volume_mm3,
        insertion_axis=vector(axis),
        checks=checks,
        notes=(f"Carried by {span[0]} and {span[-1]}, seated along one axis.", *said, *body.notes),
        form=task.plan.form or "",
        policy=task.plan.policy or POLICY,
        contacts=tuple(touches),
        units=span,
    )
    lines = {key: array for made in crowns.values() for key, array in lines_of(made.preparation).items()}
    return Designed(restoration, subject.built, subject, arrays=lines)


def span_of(landscape: Landscape, plan: ToothPlan) -> tuple[int, ...]:
    """Return the teeth of a planned bridge in the order in which they stand, abutments first and last.

    Raises
    ------
    SettingsError
        When an abutment does not stand, or does not stand beside the gap.
    """
    where, standing = f"tooth {plan.fdi}, bridge", {tooth.fdi for tooth in landscape.teeth}
    row = arch(jaw_of(plan.fdi))
    gap = [plan.fdi]
    while row.index(gap[0]) > 0 and row[row.index(gap[0]) - 1] not in standing:
        gap.insert(0, row[row.index(gap[0]) - 1])
    while row.index(gap[-1]) + 1 < len(row) and row[row.index(gap[-1]) + 1] not in standing:
        gap.append(row[row.index(gap[-1]) + 1])
    first, last = row.index(gap[0]) - 1, row.index(gap[-1]) + 1
    beside = {row[i] for i in (first, last) if 0 <= i < len(row)}
    words = " and ".join(str(fdi) for fdi in sorted(beside)) or "no tooth"
    gone = sorted(set(plan.abutments) - standing)
    if gone:
        raise SettingsError(f"abutment {gone[0]} does not stand.", where=where, todo=f"Beside the gap: {words}.")
    if len(beside) < 2:
        raise SettingsError(
            f"beside the gap stands {words} only.",
            where=where,
            todo="Plan a pontic; a bridge needs a tooth on each side.",
        )
    far = sorted(set(plan.abutments) - beside)
    if far or (plan.abutments and set(plan.abutments) != beside):
        wrong = f"{far[0]} does not stand beside the gap" if far else "a bridge needs both"
        raise SettingsError(f"{wrong}.", where=where, todo=f"Give abutments = [{', '.join(map(str, sorted(beside)))}].")
    return row[first : last + 1]


def _connector_mm2(task: Task, pontics: int) -> float:
    """Section the connectors are designed with: what the material asks for, and a little more."""
    chosen = material_for("bridge", task.plan.material)
    limit = chosen.connector(task.fdi, pontics)
    if limit is None:
        raise SettingsError(
            f"no least connector is published for {chosen.name} over a gap of {pontics}.",
            where=f"tooth {task.fdi}, bridge",
            todo=f"Choose one of: {'; '.join(one.name for one in materials_for('bridge'))}, or plan a shorter bridge.",
        )
    return limit.value * estimate("connector_spare").need("value")


def _abutments(task: Task, plan: Plan, teeth: tuple[int, int]) -> dict[int, CrownOn]:
    """Crowns on both abutments along the one axis on which both come off."""
    tasks = {fdi: _on(task, plan, fdi) for fdi in teeth}
    found = {fdi: preparation_of(one) for fdi, one in tasks.items()}
    axis = _common_axis(task, found)
    return {fdi: crown_on(one, _along(found[fdi], axis), "bridge") for fdi, one in tasks.items()}


def _on(task: Task, plan: Plan, fdi: int) -> Task:
    own = plan.tooth(fdi).model_copy(update={"kind": None, "material": task.plan.material, "insertion_axis": None})
    if own.policy is None:
        own = own.model_copy(update={"policy": task.plan.policy})
    return replace(task, finding=task.finding.model_copy(update={"fdi": fdi}), plan=own)


def _common_axis(task: Task, found: dict[int, Preparation]) -> Floats:
    from .preparation import insertion_axis

    if task.plan.insertion_axis is not None:
        return unit(task.plan.insertion_axis)
    up = np.sum([task.landscape.tooth(fdi).axes[2] for fdi in found], axis=0)
    beside = [o.surface.mesh for fdi in found for o in neighbours_of(task.landscape, fdi) if o.fdi not in found]
    return insertion_axis(
        concatenate([one.die for one in found.values()]),
        np.concatenate([one.finish_line for one in found.values()]),
        up / np.linalg.norm(up),
        around=concatenate(beside) if beside else None,
    ).axis


def _along(found: Preparation, axis: Floats) -> Preparation:
    from .preparation import undercut_mm

    return replace(found, axis=axis, undercut_mm=undercut_mm(found.die, axis))


def _pontics(task: Task, span: tuple[int, ...], crowns: dict[int, CrownOn]) -> dict[int, Placed]:
    """Forms of the missing teeth, inferred one after the other between the crowns; where units meet they become one."""
    shapes = {f"crown_{fdi}": made.body.whole for fdi, made in crowns.items()}
    there = task.landscape.model_copy(update={"shapes": {**task.landscape.shapes, **shapes}})
    placed: dict[int, Placed] = {}
    for fdi in span[1:-1]:
        placed[fdi] = inferred_pontic(there, replace(task, finding=task.finding.model_copy(update={"fdi": fdi})))
        there = there.model_copy(
            update={
                "teeth": (*there.teeth, placed[fdi].tooth),
                "shapes": {**there.shapes, f"crown_{fdi}": placed[fdi].form.mesh},
            }
        )
    return placed


def _subject(
    task: Task, crowns: dict[int, CrownOn], placed: dict[int, Placed], body: Body, connectors: list[Connector]
) -> Subject:
    landscape, first = task.landscape, next(iter(crowns.values()))
    span = (*crowns, *placed)
    return Subject(
        placed[task.fdi].tooth,
        "bridge",
        Built(body.mesh, body.outer, body.whole, body.route),
        None,
        placed[task.fdi].form.mesh,
        task.finding,
        [other for fdi in crowns for other in neighbours_of(landscape, fdi) if other.fdi not in crowns],
        _opposing(landscape, placed, span),
        first.material,
        axis=first.preparation.axis,
        connectors=tuple(one.ends() for one in connectors),
    )


def _opposing(landscape: Landscape, placed: dict[int, Placed], span: tuple[int, ...]) -> Opposite | None:
    from .contact import opposite

    there = landscape.model_copy(update={"teeth": (*landscape.teeth, *(one.tooth for one in placed.values()))})
    parts: list[Mesh] = [o.surface.mesh for fdi in span if (o := antagonist_of(there, fdi)) is not None]
    return opposite(0, concatenate(parts)) if parts else None


def _of_abutments(crowns: dict[int, CrownOn], body: Body) -> list[Check]:
    found: list[Check] = []
    for made in crowns.values():
        found += [*preparation_checks(made.preparation), at_the_line(body.mesh, made.preparation)]
    return found
