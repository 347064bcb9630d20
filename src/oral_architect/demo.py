"""The main job on a synthetic patient whose truth is known: what came out, beside what is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import Case, Document, Record, Settings
from oral_architect.progress import Progress, Silent
from oral_architect.session import Rooms, SessionResult, SessionSettings, restore
from oral_architect.teeth.fdi import Jaw

if TYPE_CHECKING:
    from oral_architect.geometry import Mesh

JAWS: tuple[Jaw, ...] = ("upper", "lower")
LOST_MM = 0.1
"""A place of the intact surface counts as lost when the harmed crown is farther away than this."""
SCANNED_MM = 0.3
"""A place of the intact surface was scanned when the scan passes it at most this far away."""


class ArchComparison(Record):
    """How well one arch was understood."""

    jaw: Jaw
    jaw_found: Jaw | None
    vertex_accuracy: float
    """Share of the vertices of the scan file with the true number, or truly gingiva; 0 to 1."""
    teeth: tuple[int, ...]
    """True numbers on the scan."""
    missed: tuple[int, ...]
    extra: tuple[int, ...]


class RestorationComparison(Record):
    """How near a restored tooth came to what it was before harm."""

    fdi: int
    harm: str | None
    """What was done to the tooth; ``None`` when nothing was."""
    rms_before_mm: float
    """Root mean square distance of the harmed crown from the intact one, over what the scan shows of the intact surface
    and what was lost of it."""
    rms_mm: float
    """The same of the restored crown."""
    rms_rebuilt_mm: float
    """The same over the part of the intact surface that had been lost by more than 0.1 mm."""
    watertight: bool


class Comparison(Document):
    """What a session found on a synthetic patient, against the truth."""

    arches: tuple[ArchComparison, ...]
    restorations: tuple[RestorationComparison, ...] = ()
    harmed: tuple[int, ...] = ()
    """Teeth that were harmed."""

    def in_words(self) -> str:
        """Return one sentence for each arch."""
        lines = [
            f"Truth, {arch.jaw}: {arch.vertex_accuracy:.1%} of the vertices right, "
            f"{len(arch.teeth) - len(arch.missed)} of {len(arch.teeth)} teeth found"
            + (f", missed {_numbers(arch.missed)}" if arch.missed else "")
            + (f", not there but found {_numbers(arch.extra)}" if arch.extra else "")
            + ("" if arch.jaw == arch.jaw_found else f", taken for {arch.jaw_found}")
            + "."
            for arch in self.arches
        ]
        lines += [
            f"Truth, {r.fdi}: restored to {r.rms_mm:.2f} mm RMS of the intact tooth "
            f"({r.rms_before_mm:.2f} mm before; {r.rms_rebuilt_mm:.2f} mm over what was lost)."
            for r in self.restorations
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class DemoResult:
    """A session, and how it compares with the truth."""

    session: SessionResult
    comparison: Comparison


def demo(
    seed: int,
    case_folder: Path,
    settings: SessionSettings,
    progress: Progress | None = None,
    *,
    rooms: Rooms | None = None,
    patient_stage: Callable[..., Document] | None = None,
    patient_settings: Settings | None = None,
) -> DemoResult:
    """Make a synthetic patient, scan it into files, restore it as any other, and compare with the truth.

    Parameters
    ----------
    seed
        Which patient.
    case_folder
        A new or empty folder, or the case of an earlier demo.
    settings
        Of the session.
    progress
        Told about every stage.
    rooms, patient_stage, patient_settings
        The stages; those of this program when absent.

    Raises
    ------
    CaseError
        When the case cannot be written.
    StageError
        When a stage cannot give a trustworthy result.
    """
    told = progress or Silent()
    case = Case.create(case_folder)
    if patient_stage is None or patient_settings is None:
        patient_stage, patient_settings = _phantom(seed)
    with case.lock():
        told.begin("phantom", "Making a synthetic patient")
        patient = case.run_stage("phantom", patient_stage, {}, patient_settings)
        told.end("phantom", case.ran["phantom"].seconds, reused=case.ran["phantom"].reused)
        folder = case.run_file_stage(
            "scanner", lambda place: _scan_into(place, patient), {"patient": patient}, Settings(), room="phantom"
        )
        files = [folder / name for name in _FILES.values() if (folder / name).is_file()]
    session = restore(files[0], files[1] if len(files) > 1 else None, settings, case_folder, told, rooms=rooms)
    known = {
        "patient": patient,
        "scans": session.scans,
        "landscape": session.landscape,
        "design": session.design,
    }
    comparison = session.case.run_stage("comparison", compare, cast(Any, known), Settings())
    return DemoResult(session, comparison)


def compare(
    patient: Document, scans: tuple[Document, ...], landscape: Document, design: Document, settings: Settings
) -> Comparison:
    """Compare labels, jaws and restored teeth with the truth of the patient.

    Parameters
    ----------
    patient
        With ``shapes["{jaw}_scan"]`` and ``arrays["labels_{jaw}"]``, ``(n,) int``: FDI per vertex, 0 gingiva.
    scans
        As read from the files :func:`demo` wrote, upper first.
    landscape
        What was found on them, arches in the order of the scans.
    design
        What was designed for them.
    settings
        None are needed.
    """
    found = cast(Any, landscape)
    jaws = [jaw for jaw in JAWS if f"{jaw}_scan" in patient.shapes]
    arches = [
        _compare_arch(jaw, _truth_in_file(jaw, patient), scan.arrays["input_vertex"], arch.jaw, landscape.arrays)
        for jaw, scan, arch in zip(jaws, scans, found.arches, strict=True)
    ]
    truth = cast(Any, patient)
    teeth = {t.fdi: t for t in getattr(truth, "teeth", ())}
    restored = [
        _compare_restoration(r.fdi, teeth[r.fdi], truth, found, cast(Any, design))
        for r in cast(Any, design).restorations
        if r.fdi in teeth and f"restored_{r.fdi}" in design.shapes
    ]
    harmed = tuple(sorted(t.fdi for t in teeth.values() if t.harm is not None or t.prepared))
    return Comparison(arches=tuple(arches), restorations=tuple(restored), harmed=harmed)


_FILES: Mapping[Jaw, str] = {"upper": "upper.ply", "lower": "lower.stl"}
"""One of each of the forms scanners write most."""


def _phantom(seed: int) -> tuple[Callable[..., Document], Settings]:
    from oral_architect import phantom

    room: Any = phantom
    return room.run, room.PhantomSettings(seed=seed)


def _scan_into(folder: Path, patient: Document) -> None:
    for jaw, name in _FILES.items():
        mesh = patient.shapes.get(f"{jaw}_scan")
        if mesh is not None:
            surface: Any = mesh.to_trimesh()
            (folder / name).write_bytes(surface.export(file_type=name[-3:]))


def _truth_in_file(jaw: Jaw, patient: Document) -> NDArray[np.int64]:
    """True number of each vertex of the file: an STL file has three of its own for each face."""
    labels = patient.arrays[f"labels_{jaw}"].astype(np.int64)
    mesh: Mesh = patient.shapes[f"{jaw}_scan"]
    return labels[mesh.faces.ravel()] if _FILES[jaw].endswith(".stl") else labels


def _compare_arch(
    jaw: Jaw,
    truth: NDArray[np.int64],
    input_vertex: NDArray[Any],
    jaw_found: Jaw,
    arrays: Mapping[str, NDArray[Any]],
) -> ArchComparison:
    kept = input_vertex >= 0
    found = np.zeros(len(input_vertex), np.int64)
    found[kept] = arrays[f"labels_{jaw_found}"][input_vertex[kept]]
    there, seen = (set(labels.tolist()) - {0} for labels in (truth, found))
    return ArchComparison(
        jaw=jaw,
        jaw_found=jaw_found,
        vertex_accuracy=float((found == truth).mean()),
        teeth=tuple(sorted(there)),
        missed=tuple(sorted(there - seen)),
        extra=tuple(sorted(seen - there)),
    )


def _compare_restoration(fdi: int, tooth: Any, patient: Any, landscape: Any, design: Any) -> RestorationComparison:
    """Measure from the intact crown's visible surface to the harmed and to the restored crown, in the true frame."""
    from oral_architect.geometry.closest import Surface

    arch = next(a for a in landscape.arches if fdi in a.teeth)
    to_truth = np.linalg.inv(np.array(patient.to_scan)) @ np.linalg.inv(np.array(arch.to_patient))
    restored = Surface(design.shapes[f"restored_{fdi}"].transformed(to_truth))
    harmed = Surface(patient.shapes[f"crown_{fdi}"])
    seen = _visible(patient, fdi)
    before = np.abs(harmed.nearest(seen).distance_mm)
    after = np.abs(restored.nearest(seen).distance_mm)
    lost = before > LOST_MM
    scanned = Surface(landscape.shapes[f"crown_{fdi}"].transformed(to_truth))
    told = lost | (scanned.nearest(seen).distance_mm < SCANNED_MM)  # what the scan did not see cannot be judged
    before, after, lost = before[told], after[told], lost[told]
    return RestorationComparison(
        fdi=fdi,
        harm="prepared" if tooth.prepared else tooth.harm.kind if tooth.harm else None,
        rms_before_mm=_rms(before),
        rms_mm=_rms(after),
        rms_rebuilt_mm=_rms(after[lost]) if lost.any() else 0.0,
        watertight=bool(design.shapes[f"restoration_{fdi}"].is_watertight),
    )


def _visible(patient: Any, fdi: int) -> NDArray[np.float64]:
    """Evenly spaced points of the intact crown above its gingival border, ``(n, 3) mm``."""
    from oral_architect.anatomy.reading.graph import sample_surface

    intact: Mesh = patient.shapes[f"intact_{fdi}"]
    points, _ = sample_surface(intact)
    tooth = patient.tooth(fdi)
    occlusal = np.array(tooth.axes[2])
    margin = patient.arrays[f"margin_{fdi}"]
    height = (points - np.array(tooth.centroid_mm)) @ occlusal
    around = np.linalg.norm(points[:, None] - margin[None], axis=2)
    border = ((margin - np.array(tooth.centroid_mm)) @ occlusal)[around.argmin(1)]
    return np.asarray(points[height > border + 0.8])  # the gingiva covers the last part


def _rms(distance: NDArray[np.float64]) -> float:
    return float(np.sqrt((distance**2).mean())) if len(distance) else 0.0


def _numbers(teeth: tuple[int, ...]) -> str:
    return ", ".join(map(str, teeth))
