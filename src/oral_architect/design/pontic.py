"""A tooth that is not there: the form its twin and neighbours suggest, between the teeth beside the gap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape, Tooth
from oral_architect.case import vector
from oral_architect.errors import StageError
from oral_architect.findings.document import Finding, Findings
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import from_pairs
from oral_architect.teeth.fdi import mirror, neighbours
from oral_architect.teeth.shape_model import crown_model

from .checks import Subject, all_checks
from .contact import adapt, antagonist_of, neighbours_of, reach_row
from .document import Restoration
from .estimates import material_row
from .form import Form, subdivided
from .rebuilding import Designed
from .solid import Built


def pontic(landscape: Landscape, findings: Findings, finding: Finding) -> Designed:
    """Design a pontic for a missing tooth whose two neighbours stand.

    Its form is the sound twin's, mirrored, where there is one, else the mean crown; its place is interpolated
    between the neighbours; its width is that of the gap, within the shape model's variation of size.

    Raises
    ------
    StageError
        When a neighbour is missing too.
    """
    fdi = finding.fdi
    mesial, distal = neighbours(fdi)
    standing = {t.fdi for t in landscape.teeth}
    if mesial not in standing or distal not in standing:
        raise StageError("a pontic needs both neighbours.", where=f"tooth {fdi}")
    model = crown_model(fdi)
    twin = findings.shapes.get(f"expected_{mirror(fdi)}")
    local = model.mean
    if twin is not None:
        local = _in_model_frame(twin, model.mean)
    before, after = landscape.tooth(int(mesial or 0)), landscape.tooth(int(distal or 0))
    pose = _between(fdi, before, after)
    mesh = Mesh(local, model.faces).transformed(pose)
    tooth = Tooth(
        fdi=fdi,
        confidence=finding.confidence,
        centroid_mm=vector(pose[:3, 3]),
        axes=(vector(pose[:3, 0]), vector(pose[:3, 1]), vector(pose[:3, 2])),
        width_md_mm=float(np.ptp(local[:, 0])),
        width_bl_mm=float(np.ptp(local[:, 1])),
        height_mm=float(np.ptp(local[:, 2])),
    )
    there = landscape.model_copy(update={"teeth": (*landscape.teeth, tooth)})
    fine, closed = subdivided(mesh, closure(fdi))
    beside, antagonist = neighbours_of(there, fdi), antagonist_of(there, fdi)
    form, notes = adapt(Form(fine, np.where(closed, 0.0, 1.0)), beside, antagonist, reach_row().need("value"))
    body = form.mesh
    outer = np.asarray(~closed[body.faces].all(axis=1))
    built = Built(body, outer, body, "shape model")
    restoration = Restoration(
        fdi=fdi,
        kind="pontic",
        material=material_row("pontic").cells["material"],
        volume_mm3=body.volume_mm3,
        insertion_axis=tooth.axes[2],
        checks=all_checks(Subject(tooth, "pontic", built, None, body, finding, beside, antagonist)),
        notes=("Form of the mirror twin." if twin is not None else "Mean form; no twin stands.", *notes),
    )
    return Designed(restoration, built)


def _in_model_frame(twin: Mesh, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring a twin's crown into the tooth frame, point by point: twins share their point order as mirror images."""
    image = twin.vertices * np.array([-1.0, 1.0, 1.0])
    candidates = [_moved(p, from_pairs(p, mean)) for p in (image, twin.vertices)]
    return min(candidates, key=lambda p: float(((p - mean) ** 2).sum()))


def _moved(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def _between(fdi: int, before: Tooth, after: Tooth) -> NDArray[np.float64]:
    """Place and turn a tooth where the mean arch puts it relative to its two neighbours, ``(4, 4)``."""
    pose, left, right = (crown_model(t).arch_pose for t in (fdi, before.fdi, after.fdi))
    source = np.concatenate([_frame_points(left), _frame_points(right)])
    target = np.concatenate([_tooth_points(before), _tooth_points(after)])
    return np.asarray(from_pairs(source, target, with_scale=False) @ pose)


def _frame_points(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.vstack([pose[:3, 3], pose[:3, 3] + 4 * pose[:3, 1], pose[:3, 3] + 4 * pose[:3, 2]]))


def _tooth_points(tooth: Tooth) -> NDArray[np.float64]:
    centre, axes = np.asarray(tooth.centroid_mm), np.asarray(tooth.axes)
    return np.asarray(np.vstack([centre, centre + 4 * axes[1], centre + 4 * axes[2]]))
