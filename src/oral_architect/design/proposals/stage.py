"""Proposing outer forms for a tooth, from all that is left of it and of its mouth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Landscape
from oral_architect.errors import SettingsError, StageError
from oral_architect.findings.fit import closure, sample
from oral_architect.findings.refine import SPREAD_MM, refine
from oral_architect.geometry import Mask, Mesh, Points, Transform
from oral_architect.geometry.closest import Surface
from oral_architect.teeth.fdi import is_permanent, mirror, neighbours
from oral_architect.teeth.shape_model import crown_model

from .closely import above, base_below, through_line
from .document import Proposal, ProposalName, ProposalSettings
from .evidence import GROUND, Antagonist, Evidence, Line, LinedUp, Lost, Neighbour, Remains, remains
from .lost import LOST_MM, find_lost
from .place import Place, place_of, top_of
from .posterior import Belief, Posterior, infer
from .smooth import smooth_fill
from .witnesses import Witness, ask, cover_from, form_from, frame_of, size_from, whole
from .wording import difference

Floats = NDArray[np.float64]

BORDER_MM = 0.15
"""Strip along the edge of what remains that takes no part."""
ALONE_SD = np.array([0.25, 0.25, 0.25, 1.5, 1.5, 1.5])
"""Standard deviation of turn (rad) and shift (mm) of a tooth that nobody stands beside."""
ORIGIN_SD_MM = np.full(3, 3.0)
"""Standard deviation of the shift of a tooth's origin; its top is what stands in line."""
FIXED = 1e-6
"""Variance of what a comparison form is not allowed to change."""
NEAR_LINE_MM = 0.5
"""A ground tooth this near its finish line says nothing: the depth of the margin is anybody's choice."""
LEAST_POINTS = 60
"""Fewer remaining surface points say nothing."""


@dataclass(frozen=True, eq=False)
class Known:
    """All that is known about one tooth, in the frame in which it is inferred."""

    fdi: int
    belief: Belief
    to_patient: Transform
    evidence: tuple[Evidence, ...]
    line: Points | None
    left: Mesh | None
    """What remains of the tooth."""
    witnesses: tuple[Witness, ...]
    twin: int | None
    why: tuple[str, ...]


def propose(
    landscape: Landscape,
    fdi: int,
    *,
    finish_line: Points | None = None,
    remaining: Mesh | None = None,
    defect: Mask | None = None,
    antagonist: Mesh | None = None,
    wanted: Sequence[ProposalName] = ("inferred",),
    settings: ProposalSettings | None = None,
) -> list[Proposal]:
    """Propose outer forms for one tooth.

    Parameters
    ----------
    landscape
        The mouth: neighbours and twin with crowns and axes.
    fdi
        The tooth, 11 to 48; it need not stand.
    finish_line
        ``(k, 3) mm``, patient frame: where a crown ends.
    remaining
        Sound surface of the tooth that stays, patient frame.
    defect
        ``(n,)`` over the vertices of ``landscape.crown(fdi)``: true where it is lost; the rest remains.
    antagonist
        Opposing surface in bite, patient frame; the opposing crowns of the landscape when left out.
    wanted
        Which forms, the first being what the others are compared with.
    settings
        See :class:`ProposalSettings`.

    Returns
    -------
    list of Proposal
        In the order asked for; a form that cannot be made (no twin to mirror) is left out.

    Raises
    ------
    SettingsError
        When ``fdi`` is not a permanent tooth, or no form is asked for.
    StageError
        When nothing at all tells where the tooth stands.
    """
    if not is_permanent(fdi):
        raise SettingsError(f"{fdi} is not a permanent tooth", where="proposals", todo="Use FDI 11 to 48.")
    if not wanted:
        raise SettingsError("no form was asked for", where="proposals", todo="Ask for one, such as 'inferred'.")
    known = gather(
        landscape,
        fdi,
        finish_line=finish_line,
        remaining=remaining,
        defect=defect,
        antagonist=antagonist,
        settings=settings or ProposalSettings(),
    )
    made: list[Proposal] = []
    for name in wanted:
        proposal = _make(name, landscape, known, settings or ProposalSettings())
        if proposal is not None:
            up = known.to_patient[:3, 2]
            said = difference(proposal, made[0], known.to_patient, up) if made else ""
            made.append(replace(proposal, differs=said))
    return made


def gather(
    landscape: Landscape,
    fdi: int,
    *,
    finish_line: Points | None,
    remaining: Mesh | None,
    defect: Mask | None,
    antagonist: Mesh | None,
    settings: ProposalSettings,
) -> Known:
    """Ask everything that is left of the mouth about one tooth.

    Raises
    ------
    StageError
        When nothing tells where the tooth stands.
    """
    witnesses = ask(landscape, fdi, reach=settings.reach, leave_out=settings.leave_out)
    place = _place(landscape, fdi, witnesses)
    to_local = np.asarray(np.linalg.inv(place.to_patient), dtype=np.float64)
    believed = witnesses if settings.use_neighbours else []
    log_size, size_sd = size_from(fdi, believed)
    asked = witnesses if settings.use_twin else [w for w in witnesses if w.fdi != mirror(fdi)]
    mean, variance, twin = form_from(fdi, asked)
    belief = Belief(fdi, np.concatenate([place.sd[:3], ORIGIN_SD_MM]), log_size, size_sd, mean, variance)
    why = [_size_sentence(log_size, size_sd, len(believed))]
    if twin is not None:
        why.append(f"Form drawn toward that of its mirror twin {twin}.")
    evidence: list[Evidence] = [LinedUp(place.top_mm, place.sd[3:])]
    line = None
    if finish_line is not None and settings.use_line:
        line = _moved(finish_line, to_local)
        evidence.append(Line(line, *cover_from(witnesses)))
        why.append("Neck through the finish line.")
    if settings.use_neighbours:
        for beside in neighbours(fdi):
            witness = next((w for w in witnesses if w.fdi == beside), None)
            if witness is not None:
                evidence.append(Neighbour(Surface(whole(landscape, witness).transformed(to_local)), True))
                why.append(f"Beside {witness.fdi}, in contact unless the gap says otherwise.")
    opposing = antagonist if antagonist is not None else _opposing(landscape, fdi, place)
    if settings.use_antagonist and opposing is not None:
        evidence.append(Antagonist(Surface(opposing.transformed(to_local)), True))
        why.append("Clear of the antagonist, meeting it where teeth meet.")
    crown = landscape.shapes.get(f"crown_{fdi}")
    defect = None if defect is None else np.asarray(defect, dtype=np.bool_)
    if crown is not None and remaining is None and defect is None and finish_line is None:
        defect = find_lost(belief, evidence, crown.transformed(to_local))
        share = float(crown.face_areas[defect[crown.faces].any(axis=1)].sum()) / crown.area_mm2
        why.append(f"{share:.0%} of its surface lies inside the form expected of it and was not relied on.")
    left = _left(crown, remaining, defect)
    if left is not None:
        left = left.transformed(to_local)
        evidence.append(remains(left, sample(left, border_mm=BORDER_MM)))
        why.append(f"Laid on {left.area_mm2:.0f} mm² of remaining tooth.")
    bare = _bare(crown, defect) if remaining is None else None
    if bare is not None:
        bare = bare.transformed(to_local)
        evidence.append(Lost(sample(bare), bare.area_mm2))
    if crown is not None and line is not None:
        die = above(crown.transformed(to_local), line, NEAR_LINE_MM)
        if len(die.faces) >= LEAST_POINTS:
            evidence.append(Lost(sample(die), die.area_mm2, GROUND))
            why.append("Outside the ground tooth.")
    return Known(fdi, belief, place.to_patient, tuple(evidence), line, left, tuple(witnesses), twin, tuple(why))


def _make(name: ProposalName, landscape: Landscape, known: Known, settings: ProposalSettings) -> Proposal | None:
    belief = known.belief
    if name == "inferred":
        return _formed(name, known, infer(belief, known.evidence), known.why)
    if name == "library":
        fixed = replace(belief, mean=np.zeros_like(belief.mean), variance=np.full_like(belief.mean, FIXED))
        return _formed(
            name, known, infer(fixed, known.evidence), ("The mean form of this tooth, in the size that fits.",)
        )
    if name == "smooth":
        return _smooth(known)
    source = mirror(known.fdi) if name == "mirror" else _copied(known, settings)
    witness = next((w for w in known.witnesses if w.fdi == source), None)
    if witness is None:
        return None
    own = witness.fit.coefficients
    fixed = Belief(witness.fdi, belief.place_sd, witness.fit.log_size, FIXED**0.5, own, np.full_like(own, FIXED))
    told = f"The form of {witness.fdi}{', mirrored' if name == 'mirror' else ''}, in its own size."
    return _formed(name, known, infer(fixed, known.evidence), (told,))


def _formed(name: ProposalName, known: Known, posterior: Posterior, why: tuple[str, ...]) -> Proposal:
    """Lay the inferred form closely on what is left, and bring it to the patient."""
    stand = posterior.stand
    closed = closure(stand.fdi)
    mesh = stand.mesh()
    sd_mm = np.hypot(posterior.sd_mm(mesh), SPREAD_MM)
    if known.left is not None:
        mesh, sd_mm = refine(mesh, posterior.sd_mm(mesh), closed, known.left, LOST_MM)
    if known.line is not None:
        up = stand.rotation[:, 2]
        mesh = Mesh(base_below(mesh.vertices, stand.fdi, known.line, up), mesh.faces)
        mesh, sd_mm = through_line(mesh, stand.fdi, known.line, sd_mm)
        closed = stand.model.base
    return Proposal(name, mesh.transformed(known.to_patient), closed, why, "", sd_mm)


def _smooth(known: Known) -> Proposal | None:
    first = infer(known.belief, known.evidence).stand
    closed = closure(first.fdi)
    mesh = first.mesh()
    if known.line is not None:
        mesh = Mesh(base_below(mesh.vertices, first.fdi, known.line, first.rotation[:, 2]), mesh.faces)
        mesh, _ = through_line(mesh, first.fdi, known.line, np.zeros(len(mesh.vertices)))
        closed = first.model.base
    filled = smooth_fill(mesh, closed, known.line, known.left)
    if filled is None:
        return None
    return Proposal(
        "smooth", filled.transformed(known.to_patient), closed, ("The lost region closed like a film.",), "", None
    )


def _place(landscape: Landscape, fdi: int, witnesses: list[Witness]) -> Place:
    place = place_of(fdi, witnesses)
    if place is not None:
        return place
    tooth = next((t for t in landscape.teeth if t.fdi == fdi), None)
    if tooth is None:
        raise StageError(
            "neither the tooth nor any neighbour is there to tell where it stands.",
            where=f"tooth {fdi}",
            todo="Check the tooth number, or give a scan that shows its neighbours.",
        )
    top_mm = crown_model(fdi).mean[top_of(fdi)].mean(axis=0)
    return Place(np.asarray(np.linalg.inv(frame_of(tooth)), dtype=np.float64), top_mm, ALONE_SD)


def _left(crown: Mesh | None, remaining: Mesh | None, defect: Mask | None) -> Mesh | None:
    """The sound surface that remains, patient frame; ``None`` where it is too little to say anything."""
    part = remaining
    if remaining is None and crown is not None and defect is not None:
        part, _ = crown.part(np.asarray(~defect[crown.faces].any(axis=1)))
    if part is None or len(part.faces) < LEAST_POINTS:
        return None
    return part if len(sample(part, border_mm=BORDER_MM).points) >= LEAST_POINTS else None


def _bare(crown: Mesh | None, defect: Mask | None) -> Mesh | None:
    """The surface under a loss, patient frame."""
    if crown is None or defect is None:
        return None
    part, _ = crown.part(np.asarray(defect[crown.faces].any(axis=1)))
    return part if len(part.faces) >= LEAST_POINTS else None


def _opposing(landscape: Landscape, fdi: int, place: Place) -> Mesh | None:
    from oral_architect.geometry import concatenate
    from oral_architect.teeth.fdi import jaw_of

    if landscape.bite is None:
        return None
    centre = place.to_patient[:3, 3]
    meshes = [
        landscape.crown(t.fdi)
        for t in landscape.teeth
        if jaw_of(t.fdi) != jaw_of(fdi)
        and f"crown_{t.fdi}" in landscape.shapes
        and float(np.linalg.norm(np.asarray(t.centroid_mm)[:2] - centre[:2])) < 12.0
    ]
    return concatenate(meshes) if meshes else None


def _copied(known: Known, settings: ProposalSettings) -> int | None:
    """The tooth to copy: the one named, else a neighbour of the same kind."""
    if settings.copy_of is not None:
        return settings.copy_of
    kinds = ((1, 2), (3,), (4, 5), (6, 7, 8))
    same = next(k for k in kinds if known.fdi % 10 in k)
    beside = [t for t in neighbours(known.fdi) if t is not None and t % 10 in same and t != mirror(known.fdi)]
    there = {w.fdi for w in known.witnesses}
    return next((t for t in beside if t in there), None)


def _moved(points: Points, matrix: Transform) -> Points:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def _size_sentence(log_size: float, sd: float, asked: int) -> str:
    whom = f"{asked} other teeth suggest" if asked > 1 else "one other tooth suggests" if asked else "of the population"
    size = float(np.exp(log_size))
    return f"Size {size:.2f} ± {size * sd:.2f} of the mean, as {whom}."


__all__ = ["Known", "Remains", "gather", "propose"]
