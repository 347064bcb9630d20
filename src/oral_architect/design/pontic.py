"""A tooth that is not there: the form its twin and neighbours suggest, between the teeth beside the gap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape, Tooth
from oral_architect.case import vector
from oral_architect.errors import StageError
from oral_architect.findings.document import Finding, Findings
from oral_architect.findings.fit import closure
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import from_pairs
from oral_architect.teeth.fdi import arch, jaw_of, mirror, neighbours
from oral_architect.teeth.shape_model import crown_model

from .checks import Subject, all_checks
from .contact import adapt, antagonist_of, neighbours_of, reach_row
from .document import Restoration
from .form import Form, subdivided
from .materials import material_for
from .rebuilding import Designed, Task
from .solid import Built


@dataclass(frozen=True, eq=False)
class Placed:
    """A missing tooth of a bridge where it would stand, and its form."""

    tooth: Tooth
    form: Form
    notes: tuple[str, ...]


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
    pose = _between(fdi, landscape.tooth(int(mesial or 0)), landscape.tooth(int(distal or 0)))
    mesh = Mesh(local, model.faces).transformed(pose)
    tooth = _tooth(finding, mesh, pose[:3, :3].T, pose[:3, 3])
    there = landscape.model_copy(update={"teeth": (*landscape.teeth, tooth)})
    fine, closed = subdivided(mesh, closure(fdi))
    beside, antagonist = neighbours_of(there, fdi), antagonist_of(there, fdi)
    form, notes = adapt(Form(fine, np.where(closed, 0.0, 1.0)), beside, antagonist, reach_row().need("value"))
    body = form.mesh
    built = Built(body, np.asarray(~closed[body.faces].all(axis=1)), body, "shape model")
    subject = Subject(tooth, "pontic", built, None, body, finding, beside, antagonist)
    restoration = Restoration(
        fdi=fdi,
        kind="pontic",
        material=material_for("pontic").name,
        volume_mm3=body.volume_mm3,
        insertion_axis=tooth.axes[2],
        checks=all_checks(subject),
        notes=("Form of the mirror twin." if twin is not None else "Mean form; no twin stands.", *notes),
    )
    return Designed(restoration, built, subject)


def inferred_pontic(there: Landscape, task: Task) -> Placed:
    """Infer a missing tooth of a bridge from what stands around it, clear of the other jaw.

    Parameters
    ----------
    there
        The mouth with the units of the bridge made so far.
    task
        The missing tooth; its plan says which form is wanted.

    Raises
    ------
    StageError
        When there is no tooth to take the form from.
    """
    from .proposals import ProposalSettings, propose

    fdi, form = task.fdi, task.plan.form or "inferred"
    name = "copy" if task.plan.copy_of else form
    offers = propose(there, fdi, wanted=(name,), settings=ProposalSettings(copy_of=task.plan.copy_of))  # type: ignore[arg-type]
    if not offers:
        raise StageError(f"there is no tooth to take the form '{form}' from.", where=f"tooth {fdi}")
    outer, closed = offers[0].outer, offers[0].closed
    axes = (_between(fdi, *_beside(there, fdi)))[:3, :3].T
    tooth = _tooth(task.finding, outer, axes, outer.vertices[~closed].mean(axis=0))
    antagonist = antagonist_of(there.model_copy(update={"teeth": (*there.teeth, tooth)}), fdi)
    wanted, notes = adapt(Form(outer, np.where(closed, 0.0, 1.0)), [], antagonist, reach_row().need("value"))
    return Placed(tooth, wanted, (*offers[0].why, *notes))


def _beside(there: Landscape, fdi: int) -> tuple[Tooth, Tooth]:
    """The teeth that stand nearest on either side of a gap."""
    row, standing = arch(jaw_of(fdi)), {tooth.fdi for tooth in there.teeth}
    at = row.index(fdi)
    right = next(t for t in reversed(row[:at]) if t in standing)
    left = next(t for t in row[at + 1 :] if t in standing)
    return there.tooth(right), there.tooth(left)


def _tooth(finding: Finding, mesh: Mesh, axes: NDArray[np.float64], centre: NDArray[np.float64]) -> Tooth:
    width, depth, height = np.ptp((mesh.vertices - centre) @ axes.T, axis=0)
    return Tooth(
        fdi=finding.fdi,
        confidence=finding.confidence,
        centroid_mm=vector(centre),
        axes=(vector(axes[0]), vector(axes[1]), vector(axes[2])),
        width_md_mm=float(width),
        width_bl_mm=float(depth),
        height_mm=float(height),
    )


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
