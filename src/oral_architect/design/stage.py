"""The design stage: for each loss worth restoring, the missing form as a closed body, with its checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Settings
from oral_architect.case.files import content_digest
from oral_architect.case.identity import code_version
from oral_architect.errors import OralArchitectError
from oral_architect.findings.document import Finding, Findings
from oral_architect.geometry import Mesh
from oral_architect.progress import Progress, Silent

from .document import Design, Raised, Restoration
from .making import made
from .plan import Plan, ToothPlan, impossible
from .rebuilding import Designed, Task


class DesignSettings(Settings):
    """What is designed.

    The stage uses no random numbers; the same landscape and findings give the same design.
    """

    replace_missing: bool = False
    """Whether a missing tooth between two standing ones gets a pontic."""
    teeth: tuple[int, ...] = ()
    """Only these teeth are restored; empty for all that the findings propose."""
    force: tuple[int, ...] = ()
    """Teeth with a finding that are restored although the findings do not propose it."""
    plan: Plan = Plan()
    """What a person wants for single teeth; the others are decided automatically."""


@dataclass(frozen=True, eq=False)
class Made:
    """One restoration with its shapes and arrays."""

    restoration: Restoration
    shapes: dict[str, Mesh]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def run(
    landscape: Landscape,
    findings: Findings,
    settings: DesignSettings | None = None,
    *,
    previous: Design | None = None,
    progress: Progress | None = None,
) -> Design:
    """Design a restoration for every finding that asks for one, and for every tooth that is planned.

    A tooth that cannot be designed is named in ``skipped`` with the reason; the others are not harmed.

    Parameters
    ----------
    landscape
        Crowns, axes, neighbours, antagonists.
    findings
        What is lost where, with the expected forms.
    settings
        See :class:`DesignSettings`.
    previous
        An earlier design; a restoration of it that depends on nothing that has changed is taken over.
    progress
        Told how far it is.
    """
    chosen, told = settings or DesignSettings(), progress or Silent()
    if chosen.plan.mouth.raise_bite_mm > 0:
        return _raised(landscape, findings, chosen.plan, previous)
    done: list[Made] = []
    skipped: list[str] = []
    # bridges first: the teeth they take in get nothing of their own
    asked = sorted(_asked(landscape, findings, chosen), key=lambda one: one[0].kind != "bridge")
    bridged: dict[int, int] = {}
    mouth = _digest(landscape, findings)
    for number, (plan, finding) in enumerate(asked):
        told.advance(number / len(asked), f"tooth {plan.fdi}")
        reason = _left_alone(landscape, plan, finding, chosen)
        if plan.fdi in bridged:
            reason = f"part of the bridge of {bridged[plan.fdi]}."
        if reason or finding is None:
            skipped.append(f"Tooth {plan.fdi}: {reason}")
            continue
        task = Task(landscape, findings, finding, plan, chosen.plan.articulator)
        made_from = _made_from(mouth, task, chosen.plan)
        taken = _taken(previous, plan.fdi, made_from)
        try:
            one = taken or _designed(task, chosen.plan, made_from)
        except (OralArchitectError, ValueError, np.linalg.LinAlgError) as problem:
            skipped.append(f"Tooth {plan.fdi}: could not be designed; {problem}")
            continue
        done.append(one)
        bridged.update(dict.fromkeys(one.restoration.units, plan.fdi))
    return _design(done, skipped)


def _raised(landscape: Landscape, findings: Findings, plan: Plan, previous: Design | None) -> Design:
    """Design a whole mouth in a raised bite; as every tooth depends on all others, it is made again as one."""
    from .rehabilitation import rehabilitate

    said = json.dumps(plan.model_dump(mode="json"), sort_keys=True)
    made_from = sha256(f"{_digest(landscape, findings)} {said}".encode()).hexdigest()
    if previous is not None and previous.raised and {one.made_from for one in previous.restorations} == {made_from}:
        return previous
    built = rehabilitate(landscape, findings, plan)
    return _design([_as_made(one, made_from) for one in built.made], built.skipped, built.raised)


def _design(done: list[Made], skipped: Sequence[str], raised: Raised | None = None) -> Design:
    return Design(
        restorations=tuple(one.restoration for one in done),
        skipped=tuple(skipped),
        shapes={key: mesh for one in done for key, mesh in one.shapes.items()},
        arrays={key: array for one in done for key, array in one.arrays.items()},
        raised=raised,
    )


def _asked(
    landscape: Landscape, findings: Findings, settings: DesignSettings
) -> Iterator[tuple[ToothPlan, Finding | None]]:
    """Every finding with what is planned for its tooth, then the planned teeth that have no finding."""
    found = set()
    for finding in findings.items:
        found.add(finding.fdi)
        yield settings.plan.tooth(finding.fdi), finding
    for plan in settings.plan.teeth:
        if plan.fdi not in found:
            yield plan, None


def _left_alone(landscape: Landscape, plan: ToothPlan, finding: Finding | None, settings: DesignSettings) -> str:
    """Return why a tooth is not designed; empty when it is."""
    stands = any(tooth.fdi == plan.fdi for tooth in landscape.teeth)
    if finding is None and not stands:
        standing = ", ".join(str(tooth.fdi) for tooth in landscape.teeth)
        return f"planned, but there is no such tooth on the scans; there are {standing}."
    if plan.kind == "none":
        return "left alone, as planned."
    reason = impossible(plan, finding, stands=stands)
    if reason or finding is None:
        return reason or "planned, but nothing was found to be lost on it."
    if settings.teeth and finding.fdi not in settings.teeth:
        return "not among the teeth asked for."
    return "" if plan.kind is not None else _not_proposed(finding, settings)


def _not_proposed(finding: Finding, settings: DesignSettings) -> str:
    if finding.kind == "missing":
        return "" if settings.replace_missing else "missing, and replacing missing teeth was not asked for."
    if not finding.restore and finding.fdi not in settings.force:
        return f"{finding.kind} left alone; {finding.reason}"
    return ""


def _designed(task: Task, plan: Plan, made_from: str) -> Made:
    return _as_made(made(task, plan), made_from)


def _as_made(designed: Designed, made_from: str) -> Made:
    fdi = designed.restoration.fdi
    restoration = designed.restoration.model_copy(update={"made_from": made_from})
    own = {f"restoration_{fdi}": designed.built.body, f"restored_{fdi}": designed.built.whole}
    return Made(restoration, {**own, **designed.shapes}, designed.arrays)


def _taken(previous: Design | None, fdi: int, made_from: str) -> Made | None:
    """A restoration of an earlier design that depends on nothing that has changed."""
    for one in previous.restorations if previous else ():
        if previous is not None and one.fdi == fdi and one.made_from == made_from:
            return Made(one, _of(previous.shapes, fdi), _of(previous.arrays, fdi))
    return None


def _of(parts: dict[str, Any], fdi: int) -> dict[str, Any]:
    return {key: part for key, part in parts.items() if str(fdi) in key.split("_")}


def _digest(landscape: Landscape, findings: Findings) -> str:
    return f"{code_version('design')} {content_digest(landscape)} {content_digest(findings)}"


def _made_from(mouth: str, task: Task, plan: Plan) -> str:
    wanted = [task.plan.model_dump(mode="json"), task.articulator.model_dump(mode="json")]
    if task.plan.kind == "bridge":  # its abutments bring their own lines, forms and contacts
        wanted.append(plan.model_dump(mode="json"))
    return sha256(f"{mouth} {task.fdi} {json.dumps(wanted, sort_keys=True)}".encode()).hexdigest()
