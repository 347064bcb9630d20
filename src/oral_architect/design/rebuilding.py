"""Giving a tooth back what it lost: the missing part of its form, built on what remains of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.bite.articulator import ArticulatorSettings
from oral_architect.anatomy.document import Landscape
from oral_architect.case import vector
from oral_architect.errors import StageError
from oral_architect.findings.document import Finding, Findings
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .checks import Subject, all_checks
from .contact import Opposite, adapt, antagonist_of, neighbours_of, reach_row, strength_row
from .document import Offered, Restoration, RestorationKind, Touch
from .drawing_out import drawn_out
from .estimates import estimate
from .form import Form, wanted_form
from .materials import material_for
from .plan import ContactStrengths, ToothPlan
from .solid import Built, add, close_below
from .thickness import thickness_of

if TYPE_CHECKING:
    from .function import Arranged, ContactsWanted, Surroundings


@dataclass(frozen=True, eq=False)
class Task:
    """One tooth to be designed: the mouth, what was found, what is wanted."""

    landscape: Landscape
    findings: Findings
    finding: Finding
    plan: ToothPlan
    articulator: ArticulatorSettings
    offers: tuple[str, ...] = ()
    """Further forms that are proposed beside the one that is built."""
    raised: bool = False
    """Whether the bite was raised: the form is drawn out until it meets the other jaw again."""

    @property
    def fdi(self) -> int:
        """The tooth's number."""
        return self.finding.fdi

    @property
    def defect(self) -> Mask:
        """Lost region, over the vertices of the scanned crown."""
        return np.asarray(self.findings.arrays[f"defect_{self.fdi}"]) > 0


@dataclass(frozen=True, eq=False)
class Designed:
    """A restoration with all that belongs to it, but for the digest of what it was made from."""

    restoration: Restoration
    built: Built
    subject: Subject
    shapes: dict[str, Mesh] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Formed:
    """The form to be given back to what is left of a tooth, and what it stands among.

    Parameters
    ----------
    form
        Over the lost region the wanted surface, drawn into the tooth where it is sound.
    expected
        The whole crown it was taken from.
    offered
        Which form that is; nothing for the expected one.
    arranged
        Contacts asked for and made; ``None`` where it was only made to touch and clear.
    """

    form: Form
    expected: Mesh
    offered: tuple[Offered, ...]
    neighbours: list[Opposite]
    antagonist: Opposite | None
    arranged: Arranged | None
    notes: tuple[str, ...]


def rebuild(task: Task) -> Designed:
    """Design the missing part of one tooth.

    Raises
    ------
    StageError
        When no expected form is known, or no closed body results.
    """
    fdi, plan = task.fdi, task.plan
    tooth, crown = task.landscape.tooth(fdi), task.landscape.crown(fdi)
    occlusal = np.asarray(tooth.axes[2])
    formed = form_on(task, task.defect)
    built = add(formed.form.mesh, close_below(crown, occlusal))
    if built.body.volume_mm3 < estimate("pieces_min_volume").need("value"):
        raise StageError("hardly anything is missing once contacts and bite are respected.", where=f"tooth {fdi}")
    kind, why = _kind(task, built, occlusal)
    material = material_for(kind, plan.material)
    axis = _insertion(built, occlusal) if plan.insertion_axis is None else unit(plan.insertion_axis)
    subject = Subject(
        tooth,
        kind,
        built,
        crown,
        formed.expected,
        task.finding,
        formed.neighbours,
        formed.antagonist,
        material,
        arranged=formed.arranged,
    )
    restoration = Restoration(
        fdi=fdi,
        kind=kind,
        material=material.name,
        volume_mm3=built.body.volume_mm3,
        insertion_axis=vector(axis),
        checks=all_checks(subject),
        notes=(why, *formed.notes),
        form=plan.form or "",
        proposals=formed.offered,
        contacts=touches_of(formed.arranged) if formed.arranged else (),
    )
    return Designed(restoration, built, subject)


def form_on(task: Task, region: Mask, die: Mesh | None = None) -> Formed:
    """Return the form that covers a region of the scanned crown, with its contacts.

    Parameters
    ----------
    task
        The tooth.
    region
        ``(n,) bool`` over the vertices of its crown.
    die
        The part of the crown that a piece covers, mm: beyond it the form is not free to move.

    Raises
    ------
    StageError
        When no expected form is known.
    """
    fdi, landscape = task.fdi, task.landscape
    expected, closed, offered = _outer(task)
    # in a raised bite all of the region will stand above the tooth
    form = wanted_form(expected, closed, landscape.crown(fdi), region, -np.inf if task.raised else 0.0)
    if die is not None:
        form = _held_beyond(form, landscape.crown(fdi), die)
    neighbours, antagonist = neighbours_of(landscape, fdi), antagonist_of(landscape, fdi)
    if task.raised or task.plan.contacts != ContactStrengths():
        arranged = works(form, task)[0]
        return Formed(arranged.form, expected, offered, neighbours, antagonist, arranged, arranged.notes)
    # a crown is given its contacts; a partial build-up keeps a space the tooth already had
    whole = task.finding.kind == "prepared"
    reach_mm = reach_row().need("value") if whole else strength_row().need("high") / 1000
    form, notes = adapt(form, neighbours, antagonist, reach_mm)
    return Formed(form, expected, offered, neighbours, antagonist, None, tuple(notes))


def _held_beyond(form: Form, crown: Mesh, die: Mesh) -> Form:
    to_tooth, to_die = (Surface(mesh).nearest(form.mesh.vertices).distance_mm for mesh in (crown, die))
    return Form(form.mesh, np.where(to_die < to_tooth + 1e-6, form.new, 0.0))


def works(form: Form, task: Task) -> tuple[Arranged, Surroundings, ContactsWanted]:
    """Give a form the contacts a person asked for and a free way; with it what it meets and what was asked."""
    from .function import ContactsWanted, arrange, movements, surroundings_of

    wanted = ContactsWanted(**task.plan.contacts.model_dump(exclude_none=True))
    # in a raised bite no tooth is left that the lower jaw could glide on
    ways = None if task.raised else movements(task.landscape, (task.fdi,), task.articulator)
    around = surroundings_of(task.landscape, task.fdi, ways)
    opposing = around.antagonist
    if not task.raised or opposing is None:
        return arrange(form, around, wanted), around, wanted
    if task.plan.kind != "crown":  # what only grows in height keeps the contacts with its neighbours that it has
        around = replace(around, mesial=None, distal=None)
    form, drawn_mm = drawn_out(form, opposing, around.axes[2])
    arranged = arrange(form, around, wanted)
    said = f"Drawn out by {drawn_mm:.2f} mm to meet the other jaw in the raised bite."
    return replace(arranged, notes=(said, *arranged.notes)), around, wanted


def touches_of(arranged: Arranged) -> tuple[Touch, ...]:
    """Contacts asked for and made, as a design holds them."""
    return tuple(
        Touch(name=c.name, other=c.other, asked_um=c.asked_um, made_um=c.made_um, at=c.at, note=c.note)
        for c in arranged.contacts
    )


def unit(axis: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return a direction of length 1."""
    asked = np.asarray(axis, dtype=np.float64)
    return np.asarray(asked / np.linalg.norm(asked))


def _outer(task: Task) -> tuple[Mesh, Mask, tuple[Offered, ...]]:
    """The form to be given back: the expected one, or one that was asked for."""
    fdi, form = task.fdi, task.plan.form
    if form is not None:
        from .proposals import ProposalSettings, propose

        name = "copy" if task.plan.copy_of else form
        settings = ProposalSettings(copy_of=task.plan.copy_of)
        made = propose(task.landscape, fdi, defect=task.defect, wanted=(name,), settings=settings)  # type: ignore[arg-type]
        if not made:
            raise StageError(f"there is no tooth to take the form '{form}' from.", where=f"tooth {fdi}")
        return made[0].outer, made[0].closed, (Offered(name=form, differs="", why=made[0].why),)
    expected = task.findings.shapes.get(f"expected_{fdi}")
    if expected is None:
        raise StageError("no expected form is known.", where=f"tooth {fdi}")
    return expected, closure(fdi), ()


def _kind(task: Task, built: Built, occlusal: NDArray[np.float64]) -> tuple[RestorationKind, str]:
    """As planned, else by extent and by whether a piece made outside the mouth would have the thickness it needs."""
    outer = float(built.body.face_areas[built.outer].sum())
    share = outer / max(built.whole.area_mm2, 1e-9)
    if task.plan.kind is not None and task.plan.kind != "none":
        return task.plan.kind, f"{share:.0%} of the tooth's surface is formed anew; as planned."
    if task.finding.kind == "prepared" or share >= estimate("crown_share").need("value"):
        return "crown", f"{share:.0%} of the tooth's surface is formed anew."
    if share >= estimate("onlay_share").need("value"):
        walls = thickness_of(built, occlusal)
        least = walls.least((walls.upright > 0.5) & (walls.from_margin_mm > estimate("margin_strip").need("value")))
        limit = material_for("onlay").wall("occlusal", task.fdi)
        if least is not None and limit is not None and least[0] >= limit.value:
            return "onlay", f"{share:.0%} of the tooth's surface is formed anew, thick enough for a piece."
    return "rebuild", f"{share:.0%} of the tooth's surface is formed anew; built up directly on what remains."


def _insertion(built: Built, occlusal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Direction the body is seated against: from the tooth outward, between its tooth side's normal and occlusal."""
    body = built.body
    inner = -body.face_crosses[~built.outer].sum(axis=0)
    length = float(np.linalg.norm(inner))
    axis = occlusal + (inner / length if length > 1e-9 else occlusal)
    size = float(np.linalg.norm(axis))
    return axis / size if size > 1e-6 else occlusal
