"""What the report page is told: the documents of a case as plain data, with the words that need all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.case import Document
from oral_architect.design.document import Design
from oral_architect.findings.document import Findings
from oral_architect.programme.document import Programme
from oral_architect.scan.document import Scan
from oral_architect.teeth.fdi import jaw_of
from oral_architect.twin.document import Prediction

from .figures import PLACES, called, measures_of, of_place, of_tooth, said
from .palette import palette
from .sheets import to_look_at
from .wording import summary, tooth_name

CURVE_POINTS = 360
"""Most points of a drawn curve; peaks are kept."""


def page_data(
    *,
    landscape: Landscape,
    findings: Findings | None,
    design: Design | None,
    programme: Programme | None,
    prediction: Prediction | None,
    scans: Sequence[Scan],
    title: str,
    version: str,
) -> dict[str, Any]:
    """Return everything the page shows but the surfaces, as JSON-ready data without NaN.

    Parameters
    ----------
    landscape, findings, design, programme, prediction, scans
        The documents; all but the landscape may be empty or absent.
    title
        Shown at the head of the page.
    version
        Of the program.
    """
    data = {
        "title": title,
        "version": version,
        "palette": palette(),
        "summary": summary(landscape, findings, design, programme, prediction),
        "teeth": _teeth(landscape, findings, design),
        "scans": [s.model_dump(mode="json") for s in scans],
        "arches": [a.model_dump(mode="json", exclude={"to_patient"}) for a in landscape.arches],
        "bite": landscape.bite.model_dump(mode="json", exclude={"lower_moved"}) if landscape.bite else None,
        "measures": _measures(landscape),
        "look_at": _look_at(landscape),
        "findings": _plain(findings, "items"),
        "noise_mm": findings.noise_mm if findings else None,
        "restorations": _plain(design, "restorations"),
        "skipped": list(design.skipped) if design else [],
        "programme": _programme(programme),
        "prediction": _prediction(prediction),
    }
    return dict(_clean(data))


def thinned(curve: NDArray[np.floating[Any]], most: int = CURVE_POINTS) -> NDArray[np.float64]:
    """Return a curve ``(k, 2)`` with about ``most`` points that keeps the lowest and highest of each stretch."""
    points = np.asarray(curve, dtype=np.float64).reshape(-1, 2)
    if len(points) <= most:
        return points
    keep = {0, len(points) - 1}
    for stretch in np.array_split(np.arange(len(points)), most // 2):
        keep |= {int(stretch[points[stretch, 1].argmin()]), int(stretch[points[stretch, 1].argmax()])}
    return np.asarray(points[sorted(keep)])


def _teeth(landscape: Landscape, findings: Findings | None, design: Design | None) -> list[dict[str, Any]]:
    """One entry for every tooth the case speaks of, with the state the chart shows."""
    found = {t.fdi: t for t in landscape.teeth}
    missing = {f for a in landscape.arches for f in a.missing}
    items = {i.fdi: i for i in (findings.items if findings else ())}
    missing |= {f for f, i in items.items() if i.kind == "missing"}
    restored = {r.fdi for r in (design.restorations if design else ())}
    out = []
    for fdi in sorted(set(found) | missing | set(items) | restored):
        state = "sound"
        if fdi in restored:
            state = "restored"
        elif fdi in missing:
            state = "missing"
        elif fdi in items:
            state = "finding"
        entry: dict[str, Any] = {"fdi": fdi, "name": tooth_name(fdi), "jaw": jaw_of(fdi), "state": state}
        entry["gap"] = fdi in missing and fdi not in found
        if fdi in found:
            entry |= found[fdi].model_dump(mode="json")
        else:
            entry |= _place_of_gap(fdi, landscape, design)
        out.append(entry)
    return out


def _measures(landscape: Landscape) -> list[dict[str, Any]]:
    """Every measure in words: those of the arches and the bite, then tooth by tooth."""
    measures = measures_of(landscape)
    groups = [(place.title, of_place(measures, place)) for place in PLACES]
    groups += [(str(t.fdi), of_tooth(measures, t.fdi)) for t in sorted(landscape.teeth, key=lambda t: t.fdi)]
    return [
        {
            "of": of,
            "fdi": m.fdi,
            "called": called(m),
            "said": said(m),
            "sure": m.accuracy is not None,
            "note": m.note,
        }
        for of, group in groups
        for m in group
    ]


def _look_at(landscape: Landscape) -> list[dict[str, Any]]:
    teeth = {t.fdi: t for t in landscape.teeth}
    return [
        {"fdi": fdi, "name": tooth_name(fdi), "confidence": sure, "notes": list(teeth[fdi].notes)}
        for fdi, sure in to_look_at(landscape).items()
    ]


def _place_of_gap(fdi: int, landscape: Landscape, design: Design | None) -> dict[str, Any]:
    """Where to look for a tooth that is not there: its planned body, else between its neighbours, else nowhere."""
    body = design.shapes.get(f"restoration_{fdi}") if design else None
    same_jaw = [t for t in landscape.teeth if jaw_of(t.fdi) == jaw_of(fdi)]
    quadrant = sorted((t for t in same_jaw if t.fdi // 10 == fdi // 10), key=lambda t: abs(t.fdi - fdi))[:2]
    if body is not None and len(body.vertices):
        centre = body.vertices.mean(axis=0)
    elif quadrant:
        centre = np.mean([t.centroid_mm for t in quadrant], axis=0)
    else:
        return {}
    middle = np.mean([t.centroid_mm for t in same_jaw], axis=0) if same_jaw else np.zeros(3)
    outward = (centre - middle) * (1, 1, 0)
    outward = outward / max(float(np.linalg.norm(outward)), 1e-9)
    up = np.array([0.0, 0.0, -1.0 if jaw_of(fdi) == "upper" else 1.0])
    axes = (np.cross(outward, up), outward, up)
    return {"centroid_mm": centre.tolist(), "axes": [a.tolist() for a in axes]}


def _plain(document: Document | None, field: str) -> list[Any]:
    return list(document.model_dump(mode="json")[field]) if document else []


def _programme(programme: Programme | None) -> dict[str, Any] | None:
    """The programme without its layers, which are summed for each tooth."""
    if programme is None:
        return None
    plain = programme.model_dump(mode="json", exclude={"teeth"})
    plain["teeth"] = [
        {
            "fdi": t.fdi,
            "voxel_um": t.voxel_mm * 1000,
            "voxels": sum(layer.voxels for layer in t.layers),
            "layers": len(t.layers),
            "total_dose": t.total_dose,
            "build_s": sum(layer.dwell_s + layer.cure_s for layer in t.layers),
            "materials": sorted({layer.material for layer in t.layers}),
        }
        for t in programme.teeth
    ]
    return plain


def _prediction(prediction: Prediction | None) -> dict[str, Any] | None:
    if prediction is None:
        return None
    plain = prediction.model_dump(mode="json")
    for tooth in plain["teeth"]:
        curve = prediction.arrays.get(f"pulp_{tooth['fdi']}")
        tooth["pulp_curve"] = thinned(curve).tolist() if curve is not None and len(curve) else []
    return plain


def _clean(value: Any) -> Any:
    """Round to six figures and turn what JSON cannot say (NaN, infinities) into null."""
    if isinstance(value, dict):
        return {str(k): _clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
