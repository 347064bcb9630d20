"""Small rooms that give true documents in no time, so that the walk through them can be tested by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oral_architect.anatomy import NumberedScan
from oral_architect.anatomy.document import Arch, Landscape, Tooth
from oral_architect.case import Settings
from oral_architect.design.document import Check, Design, Restoration
from oral_architect.findings.document import Finding, Findings, Measure
from oral_architect.geometry import Mesh
from oral_architect.programme.document import Programme
from oral_architect.scan.document import Scan, ScanQuality
from oral_architect.session import Rooms, SessionSettings
from oral_architect.twin.document import Prediction, ToothPrediction

IDENTITY = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
SURFACE = Mesh(
    np.array([[0.0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]]), np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
)
LOSS = Measure(value=12.0, sd=1.0, unit="mm³")


class FakeSettings(Settings):
    seed: int = 0
    profile: str = "demonstrated"


def scan(path: Path, settings: FakeSettings) -> Scan:
    """The text of the file is the jaw it shows."""
    quality = ScanQuality(
        input_vertices=5, input_faces=4, vertices=4, faces=4, area_mm2=100, mean_edge_mm=9,
        boundary_loops=0, components=1, extent_mm=(9, 9, 9),
    )  # fmt: skip
    return Scan(
        name=path.name, source=path.read_text(), format="text", unit="mm", unit_reason="said", scale_to_mm=1,
        repairs=(), quality=quality, warnings=(f"{path.name} is small",),
        shapes={"surface": SURFACE}, arrays={"input_vertex": np.array([3, 2, -1, 1, 0], np.int32)},
    )  # fmt: skip


def anatomy(scans: Sequence[Scan], settings: FakeSettings) -> Landscape:
    arches, teeth, shapes, arrays = [], [], {}, {}
    for one in scans:
        jaw: Any = one.source.strip()
        numbers = (16, 17) if jaw == "upper" else (46, 47)
        arches.append(
            Arch(
                jaw=jaw, jaw_confidence=1, pose_confidence=1, to_patient=IDENTITY, teeth=numbers,
                missing=(numbers[0] - 1,),
            )
        )  # fmt: skip
        teeth += [
            Tooth(
                fdi=fdi, confidence=0.9, centroid_mm=(0, 0, 0), axes=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
                width_md_mm=10, width_bl_mm=10, height_mm=7,
            )
            for fdi in numbers
        ]  # fmt: skip
        shapes[jaw] = one.surface
        arrays[f"labels_{jaw}"] = np.array([0, *numbers, numbers[1]], np.int16)
    return Landscape(arches=tuple(arches), teeth=tuple(teeth), shapes=shapes, arrays=arrays)


def findings(landscape: Landscape, settings: FakeSettings) -> Findings:
    first = landscape.teeth[0].fdi
    item = Finding(
        fdi=first, kind="cavity", surfaces=("O",), lost_volume=LOSS, max_depth=LOSS, confidence=0.9,
        evidence=(), restore=True, reason="deep",
    )  # fmt: skip
    return Findings(items=(item,), compared=(first,), noise_mm=0.1)


def design(landscape: Landscape, findings: Findings, settings: FakeSettings) -> Design:
    fdi = findings.items[0].fdi
    checks = tuple(
        Check(check="thickness", value=1, limit=1, unit="mm", source="x", standing="read", verdict=verdict)
        for verdict in ("pass", "pass", "warn")
    )
    one = Restoration(
        fdi=fdi, kind="onlay", material="composite", volume_mm3=12, insertion_axis=(0, 0, 1), checks=checks
    )
    return Design(restorations=(one,), shapes={f"restoration_{fdi}": SURFACE, f"restored_{fdi}": SURFACE})


def programme(landscape: Landscape, design: Design, settings: FakeSettings) -> Programme:
    gap = 1.0 if settings.profile == "demonstrated" else 40.0
    return Programme(
        profile=settings.profile, profile_title=settings.profile, figures={}, teeth=(), timeline=(),
        session_s=60, rate_gap=gap, rate_gap_text=f"The plan assumes {gap:.0f} times today's rate.",
    )  # fmt: skip


def twin(landscape: Landscape, design: Design, programme: Programme, settings: FakeSettings) -> Prediction:
    tooth = ToothPrediction(
        fdi=design.restorations[0].fdi, pulp_peak_c=Measure(value=39.5, sd=0.3, unit="°C"), pulp_rise_c=LOSS,
        pulp_rise_limit_c=42, cem43_min=0.1, filled_fraction=1, deposited_units=1, lost_units=0, retrieved_units=0,
        dispensed_units=1, surface_rms_um=LOSS, verdict="safe",
    )  # fmt: skip
    return Prediction(
        teeth=(tooth,), rate_gap=programme.rate_gap, rate_gap_text=programme.rate_gap_text, safe=True,
        arrays={"pulp_16": np.zeros((2, 2), np.float32)},
    )  # fmt: skip


def report(path: Path, *, title: str, stills_folder: Path, prediction: Prediction, **_rest: Any) -> Path:
    stills_folder.mkdir(parents=True)
    (stills_folder / "after.png").write_bytes(b"png")
    path.write_text(f"<title>{title}</title>{prediction.rate_gap_text}", encoding="utf-8")
    return path


ROOMS = Rooms(
    scan=scan, anatomy=anatomy, findings=findings, design=design, programme=programme, twin=twin, report=report
)
_ONE = FakeSettings()
SETTINGS = SessionSettings(scan=_ONE, anatomy=_ONE, findings=_ONE, design=_ONE, programme=_ONE, twin=_ONE)


def read(path: Path) -> Scan:
    return scan(path, _ONE)


def find(scan: Scan) -> NumberedScan:
    found = anatomy((scan,), _ONE)
    arch = found.arches[0]
    labels = found.arrays[f"labels_{arch.jaw}"]
    certainty = np.ones(len(labels), np.float32)
    instances = np.searchsorted(np.unique(labels), labels).astype(np.int16)
    told = {t.fdi: t.confidence for t in found.teeth}
    return NumberedScan(arch.jaw, labels, instances, certainty, told, told)


def write_scans(folder: Path, upper: str = "upper", lower: str = "lower") -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "Oberkiefer größer.stl", folder / "lower jaw.stl"
    for path, jaw in zip(paths, (upper, lower), strict=True):
        path.write_text(jaw)
    return paths
