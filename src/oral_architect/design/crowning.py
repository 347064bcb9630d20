"""A crown for a prepared tooth: finish line and axis off the scan, an inferred outer form, contacts, a closed body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from oral_architect.case import vector
from oral_architect.errors import StageError

from .checks import Subject, all_checks
from .contact import antagonist_of, neighbours_of
from .document import Offered, Restoration, RestorationKind
from .function.judging import worst_first
from .function.policies import Walls
from .materials import Material, material_for
from .rebuilding import Designed, Task, touches_of, unit, works
from .solid import Built
from .standing import at_the_line, lines_of, preparation_checks, record_of
from .thick_enough import POLICY, thick_enough

if TYPE_CHECKING:
    from .bodies import Body
    from .function import Arranged
    from .preparation import Preparation
    from .proposals import Proposal


@dataclass(frozen=True, eq=False)
class CrownOn:
    """A crown on its preparation, before it is judged.

    ``offers`` forms proposed, the one that was built first; ``said`` what came of the policy.
    """

    preparation: Preparation
    offers: list[Proposal]
    arranged: Arranged
    material: Material
    said: str
    body: Body


def make_crown(task: Task) -> Designed:
    """Design the crown of a prepared tooth.

    Raises
    ------
    StageError
        When no finish line is seen, there is no room, no form fits, or no closed body results.
    SettingsError
        When a point or an axis of the plan cannot be.
    """
    fdi, plan, landscape = task.fdi, task.plan, task.landscape
    made = crown_on(task, preparation_of(task), "crown")
    preparation, arranged, body = made.preparation, made.arranged, made.body
    built = Built(body.mesh, body.outer, body.whole, body.route)
    subject = Subject(
        landscape.tooth(fdi),
        "crown",
        built,
        landscape.crown(fdi),
        made.offers[0].outer,
        task.finding,
        neighbours_of(landscape, fdi),
        antagonist_of(landscape, fdi),
        material=made.material,
        axis=preparation.axis,
        arranged=arranged,
    )
    checks = (*all_checks(subject), *preparation_checks(preparation), at_the_line(body.mesh, preparation))
    restoration = Restoration(
        fdi=fdi,
        kind="crown",
        material=made.material.name,
        volume_mm3=body.mesh.volume_mm3,
        insertion_axis=vector(preparation.axis),
        checks=worst_first(checks),
        notes=(*made.offers[0].why, *arranged.notes, made.said, *body.notes),
        form=plan.form or made.offers[0].name,
        policy=plan.policy or POLICY,
        preparation=record_of(preparation),
        proposals=tuple(Offered(name=one.name, differs=one.differs, why=one.why) for one in made.offers),
        contacts=touches_of(arranged),
    )
    return Designed(
        restoration,
        built,
        subject,
        shapes={f"proposal_{fdi}_{one.name}": one.outer for one in made.offers[1:]},
        arrays=lines_of(preparation),
    )


def crown_on(task: Task, preparation: Preparation, kind: RestorationKind) -> CrownOn:
    """Make a crown on a preparation, of its own or as part of a bridge; raises as :func:`make_crown`."""
    from .bodies import CementSettings, crown_body
    from .function import free_form

    offers = _offers(task, preparation)
    chosen = offers[0]
    arranged, around, wanted = works(free_form(chosen.outer, chosen.closed, preparation.finish_line), task)
    cement = CementSettings()
    material = material_for(kind, task.plan.material)
    walls = Walls(arranged.form, preparation.die, cement.gap_um / 1000, preparation.finish_line)
    form, material, said = thick_enough(task, kind, walls, material, around, wanted)
    body = crown_body(form.mesh, preparation, cement, base=chosen.closed)
    return CrownOn(preparation, offers, arranged, material, said, body)


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


def preparation_of(task: Task) -> Preparation:
    """Find a tooth's preparation, with the points and the axis of its plan; raises as :func:`make_crown`."""
    from .preparation import prepared_tooth, undercut_mm

    points = np.asarray(task.plan.line_points, dtype=np.float64).reshape(-1, 3) if task.plan.line_points else None
    found = prepared_tooth(task.landscape, task.fdi, points=points)
    if task.plan.insertion_axis is None:
        return found
    axis = unit(task.plan.insertion_axis)
    return replace(found, axis=axis, undercut_mm=undercut_mm(found.die, axis))
