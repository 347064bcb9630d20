"""A small, complete and wholly invented set of documents: ball-like teeth on a ridge, three of them in need of help."""

from __future__ import annotations

from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from oral_architect.anatomy.document import Arch, Bite, Contact, Landscape, Tooth
from oral_architect.case import Vector, matrix4, vector
from oral_architect.design.document import Check, Design, Restoration
from oral_architect.findings.document import Finding, Findings, Measure
from oral_architect.geometry import Mesh, concatenate
from oral_architect.programme.document import Figure, Layer, Programme, Step, ToothProgramme
from oral_architect.scan.document import Repair, Scan, ScanQuality
from oral_architect.teeth import fdi as numbers
from oral_architect.twin.document import Prediction, ToothPrediction

WIDTHS_MM = {1: 8.0, 2: 6.5, 3: 7.5, 4: 7.0, 5: 7.0, 6: 10.0, 7: 9.8}
MISSING = 46
DAMAGED = (26, 36)
WORN = 11
LOSS_DEPTH_MM = 1.6
JAWS: tuple[numbers.Jaw, ...] = ("upper", "lower")


def sample_case(**changes: Any) -> dict[str, Any]:
    """All documents under the names the report takes them by."""
    landscape = sample_landscape()
    findings = sample_findings(landscape)
    design = sample_design(landscape)
    documents: dict[str, Any] = {
        "landscape": landscape,
        "findings": findings,
        "design": design,
        "programme": sample_programme(),
        "prediction": sample_prediction(),
        "scans": (sample_scan("upper"), sample_scan("lower")),
        "title": "Sample mouth",
    }
    return documents | changes


def sound_case(**changes: Any) -> dict[str, Any]:
    """A lower arch alone in which nothing was found."""
    documents: dict[str, Any] = {
        "landscape": sample_landscape(("lower",)),
        "findings": Findings(items=(), compared=(), noise_mm=0.05),
        "design": Design(restorations=()),
        "programme": sample_programme(teeth=()),
        "prediction": Prediction(teeth=(), rate_gap=1.0, rate_gap_text="Nothing is built.", safe=True),
    }
    return documents | changes


def sample_landscape(jaws: tuple[numbers.Jaw, ...] = JAWS) -> Landscape:
    """Both arches, 14 teeth each but for the missing one."""
    arches, teeth, shapes, arrays = [], [], {}, {}
    for jaw in jaws:
        parts, labels = [_ridge(jaw)], [0]
        for fdi in _present(jaw):
            crown = tooth_form(fdi)
            if fdi in DAMAGED:
                crown = _hollowed(crown, fdi)
            shapes[f"crown_{fdi}"] = crown
            arrays[f"margin_{fdi}"] = _margin(fdi)
            teeth.append(_tooth(fdi, crown))
            parts.append(crown)
            labels.append(fdi)
        arch = concatenate(parts)
        shapes[jaw] = arch
        arrays[f"labels_{jaw}"] = np.repeat(np.array(labels, np.int16), [len(p.vertices) for p in parts])
        arrays[f"certainty_{jaw}"] = np.full(len(arch.vertices), 0.97, np.float32)
        arches.append(
            Arch(
                jaw=jaw,
                jaw_confidence=0.99,
                pose_confidence=0.98,
                to_patient=matrix4(np.eye(4)),
                teeth=_present(jaw),
                missing=tuple(f for f in numbers.arch(jaw) if f == MISSING),
                warnings=("The scan ends close behind tooth 37.",) if jaw == "lower" else (),
            )
        )
    bite = Bite(
        given=True,
        lower_moved=matrix4(np.eye(4)),
        contacts=(Contact(upper=16, lower=47, at_mm=(-24, 20, 0), distance_mm=0.01),),
        max_penetration_mm=0.03,
        residual_mm=0.04,
        ambiguous=False,
    )
    return Landscape(
        arches=tuple(arches), teeth=tuple(teeth), bite=bite if len(jaws) == 2 else None, shapes=shapes, arrays=arrays
    )


def sample_findings(landscape: Landscape) -> Findings:
    """Two defects with their depth at each vertex, some wear and a gap."""
    items, shapes, arrays = [], {}, {}
    for fdi in DAMAGED:
        expected = tooth_form(fdi)
        shapes[f"expected_{fdi}"] = expected
        lost = np.linalg.norm(expected.vertices - landscape.crown(fdi).vertices, axis=1)
        arrays[f"loss_{fdi}"] = lost.astype(np.float32)
        items.append(_finding(fdi, "cavity" if fdi == 26 else "fracture", True))
    arrays[f"loss_{WORN}"] = np.zeros(len(landscape.crown(WORN).vertices), np.float32)
    items += [_finding(WORN, "wear", False), _finding(MISSING, "missing", True)]
    return Findings(
        items=tuple(items), compared=tuple(t.fdi for t in landscape.teeth), noise_mm=0.05, shapes=shapes, arrays=arrays
    )


def sample_design(landscape: Landscape) -> Design:
    """A filling, an onlay and a pontic, each with its closed body, whole surface and checks."""
    shapes, restorations = {}, []
    for fdi, kind in ((26, "rebuild"), (36, "onlay"), (46, "pontic")):
        whole = tooth_form(fdi)
        body = whole if kind == "pontic" else _between(whole, landscape.crown(fdi))
        shapes |= {f"restored_{fdi}": whole, f"restoration_{fdi}": body}
        restorations.append(
            Restoration(
                fdi=fdi,
                kind=kind,
                material="hybrid ceramic",
                volume_mm3=abs(body.volume_mm3),
                insertion_axis=(0, 0, _up(fdi)),
                checks=_checks(fdi),
            )
        )
    return Design(
        restorations=tuple(restorations),
        skipped=("Tooth 11 was left alone: its wear is within its age.",),
        shapes=shapes,
    )


def sample_programme(teeth: tuple[int, ...] = (26, 36, 46)) -> Programme:
    """A session in which each tooth is isolated, built in layers, cured and cooled."""
    steps, start = [], 0.0
    phases = (("isolate", 60), ("remove", 150), ("deposit", 420), ("cure", 80), ("cool", 40), ("check", 60))
    for fdi in teeth:
        for phase, seconds in phases:
            steps.append(
                Step(
                    start_s=start, end_s=start + seconds, fdi=fdi, phase=phase, device="arm A", detail=f"{phase} {fdi}"
                )
            )
            start += seconds
    layer = Layer(
        index=0,
        start_s=0,
        dwell_s=4,
        cure_s=2,
        voxels=2,
        dose_units=510,
        material="hybrid ceramic",
        irradiance_mw_cm2=1000,
        thermal_allowance_c=1.5,
    )
    built = tuple(
        ToothProgramme(
            fdi=f,
            origin_mm=(0, 0, 0),
            voxel_mm=0.1,
            dose_per_voxel=255,
            total_dose=510,
            layers=(layer,),
            build_axis=(0, 0, 1),
        )
        for f in teeth
    )
    return Programme(
        profile="extrapolated",
        profile_title="Carried payload, gate and cure (extrapolated)",
        figures={"layer_thickness": Figure(value=50, unit="µm", source="invented for tests", standing="invented")},
        teeth=built,
        timeline=tuple(steps),
        session_s=start,
        rate_gap=480.0,
        rate_gap_text="This plan assumes mineral 480 times faster than has been demonstrated.",
        warnings=("The profile is extrapolated.",),
    )


def sample_prediction(teeth: tuple[int, ...] = (26, 36, 46)) -> Prediction:
    """Pulp curves that rise with each cure and come down again."""
    time_s = np.linspace(0, 800, 600)
    items, arrays = [], {}
    for i, fdi in enumerate(teeth):
        rise = 2.1 * np.exp(-(((time_s - 420 - 40 * i) / 90) ** 2)) + 0.15 * np.sin(time_s / 9)
        arrays[f"pulp_{fdi}"] = np.stack([time_s, 36.0 + rise], axis=1).astype(np.float32)
        items.append(
            ToothPrediction(
                fdi=fdi,
                pulp_peak_c=Measure(value=38.1, sd=0.3, unit="°C"),
                pulp_rise_c=Measure(value=2.1, sd=0.3, unit="°C"),
                pulp_rise_limit_c=5.5,
                cem43_min=0.02,
                filled_fraction=0.994,
                deposited_units=9_940,
                lost_units=30,
                retrieved_units=30,
                dispensed_units=10_000,
                surface_rms_um=Measure(value=24, sd=5, unit="µm"),
                verdict="within limits",
            )
        )
    return Prediction(
        teeth=tuple(items),
        rate_gap=480.0,
        rate_gap_text="This plan assumes mineral 480 times faster than has been demonstrated.",
        safe=True,
        warnings=(),
        arrays=arrays,
    )


def sample_scan(jaw: str, name: str = "") -> Scan:
    """What reading a file of that jaw would have said."""
    return Scan(
        name=name or f"{jaw}.stl",
        source=name or f"{jaw}.stl",
        format="STL binary",
        unit="mm",
        unit_reason="the extent fits a mouth in millimetres",
        scale_to_mm=1.0,
        repairs=(Repair(kind="duplicate_vertices", count=12),),
        quality=ScanQuality(
            input_vertices=5012,
            input_faces=9800,
            vertices=5000,
            faces=9800,
            area_mm2=3100.0,
            mean_edge_mm=0.6,
            boundary_loops=1,
            components=1,
            extent_mm=(62.0, 52.0, 14.0),
        ),
    )


def tooth_form(fdi: int) -> Mesh:
    """The intact form of a tooth: a ball squeezed to its kind, molars with four cusps."""
    ball = trimesh.creation.icosphere(subdivisions=3)
    x, y, z = np.asarray(ball.vertices).T
    width = WIDTHS_MM[fdi % 10]
    depth = {1: 0.75, 2: 0.8, 3: 0.95}.get(fdi % 10, 1.08) * width
    square = 0.82 if numbers.is_molar(fdi) else 0.95
    local = np.stack([np.sign(x) * np.abs(x) ** square, np.sign(y) * np.abs(y) ** square, z], axis=1)
    if fdi % 10 >= 4:
        local[:, 2] = np.where(z > 0, np.abs(z) ** 0.6 * (0.8 + 0.25 * np.abs(x) ** 0.7 * np.abs(y) ** 0.7), z)
    local *= (width / 2, depth / 2, 4.6)
    place, tangent = _place(fdi)
    outward = np.array([tangent[1], -tangent[0], 0])
    up = _up(fdi)
    moved = local[:, :1] * tangent + local[:, 1:2] * outward + local[:, 2:] * (0, 0, up) + place
    faces = ball.faces if np.cross(tangent, outward)[2] * up > 0 else ball.faces[:, ::-1]
    return Mesh(moved, faces)


def _present(jaw: numbers.Jaw) -> tuple[int, ...]:
    return tuple(f for f in numbers.arch(jaw) if f % 10 <= 7 and f != MISSING)


def _up(fdi: int) -> int:
    return -1 if numbers.jaw_of(fdi) == "upper" else 1


def _curve(jaw: numbers.Jaw, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The arch as half an ellipse, from the patient's right (t = -1) over the front to the left (t = 1)."""
    wide, deep, height = (27.0, 40.0, 4.6) if jaw == "upper" else (25.5, 38.5, -4.6)
    angle = t * np.pi / 2 * 0.98
    return np.stack([wide * np.sin(angle), -deep * np.cos(angle) + 20, np.full_like(angle, height)], axis=-1)


def _place(fdi: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre of a tooth and the unit direction along the arch towards the patient's left."""
    jaw, side = numbers.jaw_of(fdi), 1 if numbers.is_left(fdi) else -1
    t = np.linspace(0, 1, 2001)
    line = _curve(jaw, t)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    before = sum(WIDTHS_MM[k] for k in range(1, fdi % 10)) * 0.93
    here = np.interp(before + WIDTHS_MM[fdi % 10] * 0.465, length, t) * side
    ends = _curve(jaw, np.array([here - 0.005, here + 0.005]))
    tangent = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    return _curve(jaw, np.array([here]))[0], tangent


def _ridge(jaw: numbers.Jaw) -> Mesh:
    """The gum: an arched band, open below."""
    t, a = np.linspace(-1.08, 1.08, 150), np.linspace(-0.1, np.pi + 0.1, 14)
    centre = _curve(jaw, t)
    tangent = np.gradient(centre, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    outward = np.stack([tangent[:, 1], -tangent[:, 0], np.zeros(len(t))], axis=1)
    up = -1 if jaw == "upper" else 1
    flat = outward[:, None] * np.cos(a)[None, :, None] * 6.2
    rise = np.array([0, 0, up]) * (np.sin(a)[None, :, None] * 7.0 - 8.0)
    grid = centre[:, None] + flat + rise
    i, j = np.meshgrid(np.arange(len(t) - 1), np.arange(len(a) - 1), indexing="ij")
    corner = (i * len(a) + j).ravel()
    right, left = [0, len(a), len(a) + 1], [0, len(a) + 1, 1]
    faces = np.concatenate([corner[:, None] + right, corner[:, None] + left])
    mesh = Mesh(grid.reshape(-1, 3), faces)
    middle = len(t) // 2 * len(a) + len(a) // 2
    return mesh if mesh.vertex_normals[middle, 2] * up > 0 else Mesh(mesh.vertices, mesh.faces[:, ::-1])


def _hollowed(crown: Mesh, fdi: int) -> Mesh:
    """The tooth with a smooth hollow in its chewing surface."""
    place, tangent = _place(fdi)
    centre = place + np.array([0, 0, _up(fdi)]) * 4.2 + tangent * 1.5
    distance = np.linalg.norm(crown.vertices - centre, axis=1)
    depth = LOSS_DEPTH_MM * np.clip(1 - (distance / 3.6) ** 2, 0, None)
    return Mesh(crown.vertices - np.outer(depth, (0, 0, _up(fdi))), crown.faces)


def _between(whole: Mesh, crown: Mesh) -> Mesh:
    """The closed body between the intact form and what is left of it."""
    moved = np.linalg.norm(whole.vertices - crown.vertices, axis=1) > 0
    chosen = moved[whole.faces].any(axis=1)
    outer, used = whole.part(chosen)
    floor = Mesh(crown.vertices[used], outer.faces[:, ::-1])
    merged = trimesh.Trimesh(*_arrays(concatenate([outer, floor])), process=False)
    merged.merge_vertices()
    return Mesh.from_trimesh(merged)


def _arrays(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    return mesh.vertices, mesh.faces


def _margin(fdi: int) -> NDArray[np.float64]:
    place, tangent = _place(fdi)
    outward = np.array([tangent[1], -tangent[0], 0])
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, None]
    half = WIDTHS_MM[fdi % 10] / 2 * 0.95
    return place + half * (np.cos(angle) * tangent + np.sin(angle) * outward) - np.array([0, 0, _up(fdi)])


def _tooth(fdi: int, crown: Mesh) -> Tooth:
    tangent = _place(fdi)[1]
    mesial = -tangent if numbers.is_left(fdi) else tangent
    buccal: Vector = (float(tangent[1]), float(-tangent[0]), 0.0)
    return Tooth(
        fdi=fdi,
        confidence=0.72 if fdi == 47 else 0.98,
        centroid_mm=vector(crown.vertices.mean(axis=0)),
        axes=(vector(mesial), buccal, (0.0, 0.0, float(_up(fdi)))),
        width_md_mm=WIDTHS_MM[fdi % 10],
        width_bl_mm=WIDTHS_MM[fdi % 10] * 1.08,
        height_mm=7.4,
        notes=("The number was decided by its neighbours.",) if fdi == 47 else (),
    )


def _finding(fdi: int, kind: Any, restore: bool) -> Finding:
    lost = 180.0 if kind == "missing" else 14.2
    return Finding(
        fdi=fdi,
        kind=kind,
        surfaces=("I",) if fdi == WORN else ("O", "M"),
        lost_volume=Measure(value=lost, sd=1.1, unit="mm³"),
        max_depth=Measure(value=LOSS_DEPTH_MM, sd=0.1, unit="mm"),
        confidence=0.9,
        evidence=("The mirror twin is fuller there.", "The shape model expects a cusp."),
        restore=restore,
        reason="Substance is missing below the noise." if restore else "Within what age explains.",
    )


def _checks(fdi: int) -> tuple[Check, ...]:
    at = vector(_place(fdi)[0] + np.array([0, 0, _up(fdi)]) * 4)
    rows: tuple[tuple[str, float | None, float | None, str, Any], ...] = (
        ("occlusal thickness", 1.62, 1.5, "mm", "pass"),
        ("proximal contact gap", 0.04, 0.05, "mm", "pass"),
        ("antagonist clearance", 0.02, 0.05, "mm", "warn" if fdi == 26 else "pass"),
        ("connector area", 7.4, 9.0, "mm²", "fail" if fdi == 46 else "pass"),
    )
    return tuple(
        Check(
            check=name,
            value=value,
            limit=limit,
            unit=unit,
            source="invented for tests",
            standing="invented",
            verdict=verdict,
            at=at,
            fdi=fdi,
        )
        for name, value, limit, unit, verdict in rows
    )
