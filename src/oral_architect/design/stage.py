"""The design stage: for each loss worth restoring, the missing form as a closed body, with its checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Settings, vector
from oral_architect.errors import OralArchitectError, StageError
from oral_architect.findings.document import Finding, Findings
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mesh

from .checks import Subject, all_checks, thickness_row
from .contact import adapt, antagonist_of, neighbours_of, reach_row, strength_row
from .document import Design, Restoration, RestorationKind
from .estimates import estimate, material_row
from .form import wanted_form
from .pontic import pontic
from .solid import Built, add, close_below
from .thickness import thickness_of


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


def run(landscape: Landscape, findings: Findings, settings: DesignSettings | None = None) -> Design:
    """Design a restoration for every finding that asks for one.

    A tooth that cannot be designed is named in ``skipped`` with the reason; the others are not harmed.

    Parameters
    ----------
    landscape
        Crowns, axes, neighbours, antagonists.
    findings
        What is lost where, with the expected forms.
    settings
        See :class:`DesignSettings`.
    """
    chosen = settings or DesignSettings()
    made: list[Restoration] = []
    skipped: list[str] = []
    shapes: dict[str, Mesh] = {}
    for finding in findings.items:
        reason = _left_alone(finding, chosen)
        if reason:
            skipped.append(f"Tooth {finding.fdi}: {reason}")
            continue
        try:
            if finding.kind == "missing":
                restoration, built = pontic(landscape, findings, finding)
            else:
                restoration, built = restore(landscape, findings, finding)
        except (OralArchitectError, ValueError, np.linalg.LinAlgError) as problem:
            skipped.append(f"Tooth {finding.fdi}: could not be designed; {problem}")
            continue
        made.append(restoration)
        shapes[f"restoration_{finding.fdi}"] = built.body
        shapes[f"restored_{finding.fdi}"] = built.whole
    return Design(restorations=tuple(made), skipped=tuple(skipped), shapes=shapes)


def restore(landscape: Landscape, findings: Findings, finding: Finding) -> tuple[Restoration, Built]:
    """Design the missing part of one tooth.

    Raises
    ------
    StageError
        When the findings hold no expected form, or no closed body results.
    """
    fdi = finding.fdi
    expected = findings.shapes.get(f"expected_{fdi}")
    if expected is None:
        raise StageError("no expected form is known.", where=f"tooth {fdi}")
    tooth, crown = landscape.tooth(fdi), landscape.crown(fdi)
    occlusal = np.asarray(tooth.axes[2])
    defect = np.asarray(findings.arrays[f"defect_{fdi}"]) > 0
    form = wanted_form(expected, closure(fdi), crown, defect)
    neighbours, antagonist = neighbours_of(landscape, fdi), antagonist_of(landscape, fdi)
    # a crown is given its contacts; a partial build-up keeps a space the tooth already had
    whole = finding.kind == "prepared"
    reach_mm = reach_row().need("value") if whole else strength_row().need("high") / 1000
    form, notes = adapt(form, neighbours, antagonist, reach_mm)
    built = add(form.mesh, close_below(crown, occlusal))
    if built.body.volume_mm3 < estimate("pieces_min_volume").need("value"):
        raise StageError("hardly anything is missing once contacts and bite are respected.", where=f"tooth {fdi}")
    kind, why = _kind(finding, built, occlusal)
    subject = Subject(tooth, kind, built, crown, expected, finding, neighbours, antagonist)
    restoration = Restoration(
        fdi=fdi,
        kind=kind,
        material=material_row(kind).cells["material"],
        volume_mm3=built.body.volume_mm3,
        insertion_axis=vector(_insertion(built, occlusal)),
        checks=all_checks(subject),
        notes=(why, *notes),
    )
    return restoration, built


def _left_alone(finding: Finding, settings: DesignSettings) -> str:
    """Return why a finding is not designed; empty when it is."""
    if settings.teeth and finding.fdi not in settings.teeth:
        return "not among the teeth asked for."
    if finding.kind == "missing":
        return "" if settings.replace_missing else "missing, and replacing missing teeth was not asked for."
    if not finding.restore and finding.fdi not in settings.force:
        return f"{finding.kind} left alone; {finding.reason}"
    return ""


def _kind(finding: Finding, built: Built, occlusal: NDArray[np.float64]) -> tuple[RestorationKind, str]:
    """Choose by extent, and by whether a piece made outside the mouth would have the thickness it needs."""
    outer = float(built.body.face_areas[built.outer].sum())
    share = outer / max(built.whole.area_mm2, 1e-9)
    if finding.kind == "prepared" or share >= estimate("crown_share").need("value"):
        return "crown", f"{share:.0%} of the tooth's surface is formed anew."
    if share >= estimate("onlay_share").need("value"):
        walls = thickness_of(built, occlusal)
        least = walls.least((walls.upright > 0.5) & (walls.from_margin_mm > estimate("margin_strip").need("value")))
        row = thickness_row(material_row("onlay"), "occlusal")
        if least is not None and row is not None and least[0] >= row.need("min_mm"):
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
