"""One crown, from the scan with its prepared tooth to a closed mesh with its checks, in the frame of the scan file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import InputError, StageError
from oral_architect.progress import Progress, Silent
from oral_architect.teeth.fdi import is_permanent, jaw_of

if TYPE_CHECKING:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.design.document import Check, Restoration
    from oral_architect.design.plan import ToothPlan
    from oral_architect.findings.document import Finding
    from oral_architect.geometry import Mesh

POINTED_MM = 2.0
"""A tooth that was seen lies this near the point that was given, or it is not the one meant."""
STUMP_MM = 5.0
"""Where no tooth was seen, what lies this near the point is taken for the prepared tooth."""


@dataclass(frozen=True, eq=False)
class ScannedCrown:
    """A crown in the frame of the scan's file, mm.

    Parameters
    ----------
    mesh
        The closed body.
    restoration
        The record, with places and axes in the same frame.
    finish_line
        ``(k, 3) mm``.
    offers
        Outer forms that were proposed beside the one that was built, by name.
    warnings
        What a person should know, sentences.
    """

    mesh: Mesh
    restoration: Restoration
    finish_line: NDArray[np.float64]
    offers: dict[str, Mesh]
    warnings: tuple[str, ...]

    def checks(self) -> list[dict[str, Any]]:
        """Return the checks in the form other programs rely on."""
        return [_check(one) for one in self.restoration.checks]


def crown_of_scan(
    scan: Path,
    plan: ToothPlan,
    antagonist: Path | None = None,
    *,
    at: tuple[float, float, float] | None = None,
    offers: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> ScannedCrown:
    """Design the crown of a prepared tooth.

    Parameters
    ----------
    scan
        Scan of the jaw, or of a part of it.
    plan
        Which tooth, and what is wanted; its places and directions in the scan's file frame, mm.
    antagonist
        Scan of the other jaw.
    at
        A point on the prepared tooth, in the scan's file frame, mm; where the labels cannot tell it.
    offers
        Further forms to be proposed: ``mirror``, ``library`` …

    Raises
    ------
    InputError
        When a file cannot be used, or shows no such tooth.
    StageError
        When no finish line is seen, there is no room, or no closed crown results.
    """
    from oral_architect.design.crowning import make_crown
    from oral_architect.design.plan import Plan
    from oral_architect.design.rebuilding import Task

    told = progress or Silent()
    fdi = plan.fdi
    landscape = _landscape(scan, antagonist, fdi, told)
    arch = next(arch for arch in landscape.arches if arch.jaw == jaw_of(fdi))
    to_patient = np.array(arch.to_patient)
    if at is not None:
        landscape = pointed_at(landscape, fdi, _moved(at, to_patient))
    elif not any(tooth.fdi == fdi for tooth in landscape.teeth):
        seen = ", ".join(str(t.fdi) for t in landscape.teeth if jaw_of(t.fdi) == jaw_of(fdi))
        raise InputError(
            f"no tooth {fdi} was seen.",
            where=scan.name,
            todo=f"Seen: {seen}. Correct the number, or point at the prepared tooth with --at X,Y,Z.",
        )
    told.begin("crown", f"Designing the crown of {fdi}")
    task = Task(
        landscape, _nothing(), finding_of(landscape, fdi), _placed(plan, to_patient), Plan().articulator, offers
    )
    made = make_crown(task)
    told.end("crown", 0.0, reused=False)
    back = np.linalg.inv(to_patient)
    prefix = f"proposal_{fdi}_"
    return ScannedCrown(
        mesh=made.built.body.transformed(back),
        restoration=_returned(made.restoration, back),
        finish_line=made.arrays[f"finish_line_{fdi}"] @ back[:3, :3].T + back[:3, 3],
        offers={key.removeprefix(prefix): mesh.transformed(back) for key, mesh in made.shapes.items()},
        warnings=tuple(words for arch in landscape.arches for words in arch.warnings),
    )


def pointed_at(landscape: Landscape, fdi: int, point: NDArray[np.float64]) -> Landscape:
    """Give a tooth the number a person says it has.

    The tooth seen at the point gets the number, and those beside it follow; where none was seen, the surface around the
    point is taken for it.

    Parameters
    ----------
    point
        ``(3,) mm``, patient frame.

    Raises
    ------
    InputError
        When the point does not lie on the scan.
    """
    from oral_architect.anatomy.crowns.axes import tooth_axes
    from oral_architect.anatomy.crowns.crown import extract_crown
    from oral_architect.anatomy.crowns.margin import gingival_margin
    from oral_architect.anatomy.document import Tooth
    from oral_architect.anatomy.renumber import numbers_beside, renumbered
    from oral_architect.case import vector

    jaw = jaw_of(fdi)
    surface, labels = landscape.shapes[jaw], landscape.arrays[f"labels_{jaw}"].copy()
    away = np.linalg.norm(surface.vertices - point, axis=1)
    if away.min() > POINTED_MM:
        raise InputError(
            f"the point lies {away.min():.0f} mm off the scan.",
            where="--at",
            todo="Give a point on the prepared tooth.",
        )
    near = np.flatnonzero((landscape.arrays[f"labels_{jaw}"] > 0) & (away < POINTED_MM))
    old = int(landscape.arrays[f"labels_{jaw}"][near[np.argmin(away[near])]]) if len(near) else 0
    if old:
        landscape = renumbered(landscape, jaw, numbers_beside(landscape, old, fdi))
        labels = landscape.arrays[f"labels_{jaw}"].copy()
    else:
        labels[labels == fdi] = 0
        labels[(labels == 0) & (away < STUMP_MM)] = fdi
    crown, margin = extract_crown(surface, labels, fdi), gingival_margin(surface, labels, fdi)
    numbers = [t for t in np.unique(labels).tolist() if t]
    stands = tooth_axes(crown.mesh, margin, fdi, {t: surface.vertices[labels == t].mean(0) for t in numbers})
    tooth = Tooth(
        fdi=fdi,
        confidence=1.0,
        centroid_mm=vector(stands.centroid_mm),
        axes=(vector(stands.axes[0]), vector(stands.axes[1]), vector(stands.axes[2])),
        width_md_mm=stands.width_md_mm,
        width_bl_mm=stands.width_bl_mm,
        height_mm=stands.height_mm,
        notes=("pointed at by a person",),
    )
    others = tuple(t for t in landscape.teeth if t.fdi != fdi)
    shapes = {**landscape.shapes, f"crown_{fdi}": crown.mesh}
    arrays = {**landscape.arrays, f"labels_{jaw}": labels, f"margin_{fdi}": margin}
    return landscape.model_copy(update={"teeth": (*others, tooth), "shapes": shapes, "arrays": arrays})


def finding_of(landscape: Landscape, fdi: int) -> Finding:
    """Say that a tooth is prepared, with how much of it is gone, as far as its own form tells."""
    from oral_architect import findings
    from oral_architect.findings.document import Finding, Measure

    alone = landscape.model_copy(update={"teeth": tuple(t for t in landscape.teeth if t.fdi == fdi), "arches": ()})
    seen = findings.run(alone, findings.FindingsSettings(use_twin=False, min_confidence=0.0))
    lost = next((item for item in seen.items if item.fdi == fdi), None)
    none = Measure(value=0.0, sd=0.0, unit="mm")
    return Finding(
        fdi=fdi,
        kind="prepared",
        surfaces=(),
        lost_volume=lost.lost_volume if lost else none,
        max_depth=lost.max_depth if lost else none,
        confidence=1.0,
        evidence=("A person says so.",),
        restore=True,
        reason="A crown is asked for.",
    )


def _landscape(scan: Path, antagonist: Path | None, fdi: int, told: Progress) -> Landscape:
    from oral_architect import anatomy
    from oral_architect import scan as reading
    from oral_architect.anatomy.reading.labels import LabelSettings

    if not is_permanent(fdi):
        raise InputError(f"{fdi} is not a permanent tooth.", where="--tooth", todo="Use FDI 11 to 48.")
    paths = [path for path in (scan, antagonist) if path is not None]
    scans = []
    for path in paths:
        told.begin("scan", f"Reading {path.name}")
        scans.append(reading.run(path, reading.ScanSettings()))
        told.end("scan", 0.0, reused=False)
    told.begin("anatomy", "Finding teeth, numbers, margins and the bite")
    # a part of one jaw shows too little to tell which jaw it is; the number of the tooth does
    jaw = jaw_of(fdi) if len(scans) == 1 else None
    landscape = anatomy.run(scans, anatomy.AnatomySettings(label=LabelSettings(jaw=jaw)))
    told.end("anatomy", 0.0, reused=False)
    if landscape.arches[0].jaw != jaw_of(fdi):
        raise InputError(
            f"tooth {fdi} is a tooth of the {jaw_of(fdi)} jaw, and this looks like the {landscape.arches[0].jaw} one.",
            where=scan.name,
            todo="Give the scan of the prepared tooth first, its antagonist with --antagonist.",
        )
    return landscape


def _nothing() -> Any:
    from oral_architect.findings.document import Findings

    return Findings(items=(), compared=(), noise_mm=0.0)


def _placed(plan: ToothPlan, to_patient: NDArray[np.float64]) -> ToothPlan:
    """Bring what a plan says of places from the file's frame to the patient's."""
    axis = plan.insertion_axis
    turned = None if axis is None else tuple((to_patient[:3, :3] @ np.asarray(axis)).tolist())
    points = tuple(tuple(_moved(point, to_patient).tolist()) for point in plan.line_points)
    return plan.model_copy(update={"insertion_axis": turned, "line_points": points})


def _returned(made: Restoration, back: NDArray[np.float64]) -> Restoration:
    """Bring a restoration's places and directions to the file's frame."""

    def place(at: Any) -> Any:
        return None if at is None else tuple(_moved(at, back).tolist())

    def turn(axis: Any) -> Any:
        return tuple((back[:3, :3] @ np.asarray(axis)).tolist())

    preparation = made.preparation
    if preparation is None:
        raise StageError("a crown without a preparation was made.", where=f"tooth {made.fdi}")
    return made.model_copy(
        update={
            "insertion_axis": turn(made.insertion_axis),
            "preparation": preparation.model_copy(update={"axis": turn(preparation.axis)}),
            "checks": tuple(one.model_copy(update={"at": place(one.at)}) for one in made.checks),
            "contacts": tuple(one.model_copy(update={"at": place(one.at)}) for one in made.contacts),
        }
    )


def _moved(point: Any, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(matrix[:3, :3] @ np.asarray(point, dtype=np.float64) + matrix[:3, 3])


def _check(one: Check) -> dict[str, Any]:
    wanted = ("check", "value", "limit", "unit", "source", "verdict", "at", "standing", "note")
    plain = one.model_dump(mode="json")
    return {key: plain[key] for key in wanted}
