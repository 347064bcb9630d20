"""The anatomy stage: from scans to the oral landscape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from oral_architect.case import Settings, matrix4, vector
from oral_architect.errors import InputError, NotAnArchError, StageError
from oral_architect.geometry import Mesh, Points
from oral_architect.scan.document import Scan
from oral_architect.teeth.fdi import Jaw, arch, position

from .document import Arch, Landscape, Tooth
from .reading.confidence import LOW_CONFIDENCE
from .reading.labels import LabelSettings, NumberedScan, look_at, number, settle_jaws


class AnatomySettings(Settings):
    """How teeth are found and measured."""

    label: LabelSettings = Field(default_factory=LabelSettings)


def label(scans: Sequence[Scan], settings: LabelSettings) -> list[NumberedScan]:
    """Label one or two scans of a mouth, jaws decided together.

    Raises
    ------
    NotAnArchError
        When a scan shows no row of teeth; ``where`` names the scan.
    """
    seen = []
    for scan in scans:
        try:
            seen.append(look_at(scan.surface, settings))
        except NotAnArchError as error:
            error.where = error.where or scan.name
            raise
    jaws = [settings.jaw] if settings.jaw and len(seen) == 1 else settle_jaws([s.upper for s in seen])
    out = []
    for scan, one, jaw in zip(scans, seen, jaws, strict=True):
        try:
            numbered = number(one, jaw, settings)
        except NotAnArchError as error:
            error.where = error.where or scan.name
            raise
        out.append(numbered)
    return out


def run(scans: Sequence[Scan], settings: AnatomySettings | None = None) -> Landscape:
    """Find and measure every tooth of one or two scans.

    Parameters
    ----------
    scans
        One scan, or the two jaws in any order.
    settings
        Defaults when left out.

    Raises
    ------
    NotAnArchError
        When a scan shows no row of teeth.
    InputError
        When more than two scans are given, or both show the same jaw.
    """
    s = settings or AnatomySettings()
    if not 1 <= len(scans) <= 2:
        raise InputError(f"{len(scans)} scans were given", where="anatomy", todo="Give one scan or one of each jaw.")
    numbered = label(scans, s.label)
    if len(numbered) == 2 and numbered[0].jaw == numbered[1].jaw:
        raise InputError(
            f"both scans look like {numbered[0].jaw} arches",
            where=f"{scans[0].name} and {scans[1].name}",
            todo="Give one upper and one lower scan; one alone is allowed too.",
        )
    from .measure import survey

    arches, teeth = [], []
    shapes: dict[str, Mesh] = {}
    arrays: dict[str, NDArray[np.generic]] = {}
    fitted: dict[int, Points] = {}
    for scan, found in zip(scans, numbered, strict=True):
        placed = _place(scan, found)
        arches.append(placed[0])
        teeth.extend(placed[1])
        shapes |= placed[2]
        arrays |= placed[3]
        fitted |= placed[4]
    landscape = Landscape(arches=tuple(arches), teeth=tuple(teeth), shapes=shapes, arrays=arrays)
    if len(arches) == 2:
        landscape = _in_bite(landscape)
        move = np.array(landscape.bite.lower_moved) if landscape.bite else np.eye(4)
        lower = next(a.teeth for a in landscape.arches if a.jaw == "lower")
        fitted |= {t: fitted[t] @ move[:3, :3].T + move[:3, 3] for t in lower if t in fitted}
    return survey(landscape, fitted)


def _place(
    scan: Scan, found: NumberedScan
) -> tuple[Arch, list[Tooth], dict[str, Mesh], dict[str, NDArray[np.generic]], dict[int, Points]]:
    """Bring one labelled scan into the patient frame and find how its teeth stand."""
    from .crowns.frame import patient_frame

    to_patient, frame_confidence = patient_frame(scan.surface, found.labels, found.jaw)
    surface = scan.surface.transformed(to_patient)
    shapes: dict[str, Mesh] = {found.jaw: surface}
    arrays: dict[str, NDArray[np.generic]] = {
        f"labels_{found.jaw}": found.labels,
        f"certainty_{found.jaw}": found.certainty,
    }
    warnings: list[str] = []
    teeth = []
    fitted: dict[int, Points] = {}
    centroids = {fdi: surface.vertices[found.labels == fdi].mean(0) for fdi in found.teeth}
    for fdi, confidence in found.teeth.items():
        try:
            tooth, crown, margin, whole = _stand(surface, found.labels, fdi, confidence, centroids)
        except StageError as error:
            warnings.append(f"Tooth {fdi} was seen but could not be measured: {error.what}.")
            continue
        teeth.append(tooth)
        shapes[f"crown_{fdi}"] = crown
        arrays[f"margin_{fdi}"] = margin
        if whole is not None:
            fitted[fdi] = whole
    unsure = [t.fdi for t in teeth if t.confidence < LOW_CONFIDENCE]
    if unsure:
        warnings.append(f"A person should check the number of {', '.join(map(str, unsure))}.")
    present = {t.fdi for t in teeth}
    record = Arch(
        jaw=found.jaw,
        jaw_confidence=_jaw_confidence(teeth),
        pose_confidence=frame_confidence,
        to_patient=matrix4(to_patient),
        teeth=tuple(sorted(present)),
        missing=tuple(t for t in arch(found.jaw) if t not in present and position(t) < 8),
        warnings=tuple(warnings),
    )
    return record, teeth, shapes, arrays, fitted


def _stand(
    surface: Mesh,
    labels: NDArray[np.int16],
    fdi: int,
    confidence: float,
    centroids: dict[int, NDArray[np.float64]],
) -> tuple[Tooth, Mesh, Points, Points | None]:
    from .crowns.axes import tooth_axes
    from .crowns.crown import extract_crown
    from .crowns.margin import gingival_margin

    crown = extract_crown(surface, labels, fdi)
    margin = gingival_margin(surface, labels, fdi)
    stands = tooth_axes(crown.mesh, margin, fdi, centroids)
    notes = []
    if crown.open_share > 0.1:
        notes.append(f"{crown.open_share:.0%} of the border lies at the edge of the scan")
    if confidence < LOW_CONFIDENCE:
        notes.append("the number is not certain")
    tooth = Tooth(
        fdi=fdi,
        confidence=round(confidence, 4),
        centroid_mm=vector(stands.centroid_mm),
        axes=(vector(stands.axes[0]), vector(stands.axes[1]), vector(stands.axes[2])),
        width_md_mm=stands.width_md_mm,
        width_bl_mm=stands.width_bl_mm,
        height_mm=stands.height_mm,
        notes=tuple(notes),
    )
    return tooth, crown.mesh, margin, stands.fitted_mm


def _jaw_confidence(teeth: list[Tooth]) -> float:
    return float(np.mean([t.confidence for t in teeth])) if teeth else 0.0


def _in_bite(landscape: Landscape) -> Landscape:
    """Bring the lower arch, and all that belongs to it, into the bite."""
    from .bite.articulate import articulate
    from .bite.contact_map import occlusal_distance

    by_jaw: dict[Jaw, Arch] = {a.jaw: a for a in landscape.arches}
    upper_frame, lower_frame = (np.array(by_jaw[j].to_patient) for j in ("upper", "lower"))
    bite = articulate(
        landscape.shapes["upper"],
        landscape.shapes["lower"],
        landscape.arrays["labels_upper"],
        landscape.arrays["labels_lower"],
        as_given=upper_frame @ np.linalg.inv(lower_frame),
    )
    move = np.array(bite.lower_moved)
    lower = set(by_jaw["lower"].teeth)
    moving = {"lower"} | {f"{kind}_{fdi}" for fdi in lower for kind in ("crown", "margin")}
    shapes = {k: m.transformed(move) if k in moving else m for k, m in landscape.shapes.items()}
    arrays = {k: a @ move[:3, :3].T + move[:3, 3] if k in moving else a for k, a in landscape.arrays.items()}
    arrays["occlusal_distance_upper"] = occlusal_distance(shapes["upper"], shapes["lower"])
    arrays["occlusal_distance_lower"] = occlusal_distance(shapes["lower"], shapes["upper"])
    teeth = tuple(_moved(t, move) if t.fdi in lower else t for t in landscape.teeth)
    doubt = (f"The bite is not certain: {bite.note}.",) if bite.ambiguous else ()
    below = by_jaw["lower"]
    settled = below.model_copy(
        update={"to_patient": matrix4(move @ lower_frame), "warnings": (*below.warnings, *doubt)}
    )
    arches = tuple(settled if a.jaw == "lower" else a for a in landscape.arches)
    return Landscape(arches=arches, teeth=teeth, bite=bite, shapes=shapes, arrays=arrays)


def _moved(tooth: Tooth, move: NDArray[np.float64]) -> Tooth:
    centroid = move[:3, :3] @ np.array(tooth.centroid_mm) + move[:3, 3]
    axes = np.array(tooth.axes) @ move[:3, :3].T
    return tooth.model_copy(
        update={"centroid_mm": vector(centroid), "axes": (vector(axes[0]), vector(axes[1]), vector(axes[2]))}
    )
