"""Inlays, onlays, overlays, table-tops and veneers on a tooth as it is: border, outer form, gap, a closed body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector
from oral_architect.geometry import Mask, Mesh, concatenate
from oral_architect.geometry.closest import Surface

from .checks import Subject, all_checks
from .contact import neighbours_of
from .document import Restoration
from .function.judging import worst_first
from .function.policies import Walls
from .materials import material_for
from .rebuilding import Designed, Task, form_on, touches_of, unit
from .solid import Built
from .standing import at_the_line, lines_of, record_of, undercut_check
from .thick_enough import POLICY, thick_enough

if TYPE_CHECKING:
    from .preparation import Preparation

PIECES = ("inlay", "onlay", "overlay", "veneer", "tabletop")
"""Kinds that are made here."""
_WIDE = ("overlay", "tabletop")
"""Kinds that cover all of the biting surface between the lost places as well."""
_FACING = 0.5
"""Cosine to the occlusal direction from which on a surface is one that bites."""
_AROUND_MM = 0.5
"""Over so much of its surroundings the direction of a surface is averaged: a border has to run smoothly."""


def make_piece(task: Task) -> Designed:
    """Design a piece for a tooth that was not prepared for it: nothing is ground, the lost region gives its border.

    Raises
    ------
    StageError
        When no expected form is known, or no closed body results.
    SettingsError
        When the plan refuses a piece that is too thin.
    """
    from . import bodies
    from .function import ContactsWanted, surroundings_of

    fdi, plan, landscape = task.fdi, task.plan, task.landscape
    kind = plan.kind
    assert kind is not None
    assert kind != "none"
    tooth, crown = landscape.tooth(fdi), landscape.crown(fdi)
    region = covered(task)
    beside = [one.surface.mesh for one in neighbours_of(landscape, fdi)]
    preparation = bodies.worn_preparation(
        crown,
        region,
        None if plan.insertion_axis is None else unit(plan.insertion_axis),
        fdi,
        around=concatenate(beside) if beside else None,
    )
    formed = form_on(task, region, preparation.die)
    cement = bodies.CementSettings()
    # the whole crown, not only what is covered: beyond an open border no side is inside
    walls = Walls(formed.form, crown, cement.gap_um / 1000, preparation.finish_line)
    wanted = ContactsWanted(**plan.contacts.model_dump(exclude_none=True))
    around = surroundings_of(landscape, fdi)
    form, material, said = thick_enough(task, kind, walls, material_for(kind, plan.material), around, wanted)
    body = getattr(bodies, f"{kind}_body")(form.mesh, preparation, cement)
    built = Built(body.mesh, body.outer, _whole(crown, preparation, body.whole), body.route)
    subject = Subject(
        tooth,
        kind,
        built,
        crown,
        formed.expected,
        task.finding,
        formed.neighbours,
        formed.antagonist,
        material,
        axis=preparation.axis,
        arranged=formed.arranged,
    )
    checks = (*all_checks(subject), undercut_check(preparation), at_the_line(body.mesh, preparation))
    restoration = Restoration(
        fdi=fdi,
        kind=kind,
        material=material.name,
        volume_mm3=body.mesh.volume_mm3,
        insertion_axis=vector(preparation.axis),
        checks=worst_first(checks),
        notes=(*preparation.notes, *formed.notes, said, *body.notes),
        form=plan.form or "",
        policy=plan.policy or POLICY,
        preparation=record_of(preparation),
        proposals=formed.offered,
        contacts=touches_of(formed.arranged) if formed.arranged else (),
    )
    return Designed(restoration, built, subject, arrays=lines_of(preparation))


def covered(task: Task) -> Mask:
    """Return what a piece covers, ``(n,) bool`` over the scanned crown: what is lost, or all that bites around it."""
    from scipy.spatial import Delaunay, QhullError

    lost = task.defect
    if lost.sum() < 3:
        return lost
    crown, axes = task.landscape.crown(task.fdi), np.asarray(task.landscape.tooth(task.fdi).axes)
    if task.plan.kind in _WIDE:
        across = crown.vertices @ axes[:2].T
        try:
            between = Delaunay(across[lost]).find_simplex(across) >= 0
        except QhullError:
            between = lost
        return np.asarray(lost | (between & faces_up(crown, axes[2])))
    return lost


def faces_up(crown: Mesh, up: NDArray[np.float64]) -> Mask:
    """Return which vertices of a crown lie where it looks toward the other jaw, ``(n,) bool``."""
    from scipy.spatial import cKDTree

    own = crown.vertex_normals @ up
    around = cKDTree(crown.vertices).query_ball_point(crown.vertices, _AROUND_MM)
    return np.array([own[near].mean() for near in around]) > _FACING


def _whole(crown: Mesh, preparation: Preparation, outer: Mesh) -> Mesh:
    """The tooth's surface afterwards: what the piece does not cover, and the piece's outer side."""
    near = Surface(preparation.die).nearest(crown.vertices).distance_mm
    bare = np.asarray((near > 1e-6)[crown.faces].any(axis=1))
    return concatenate([crown.part(bare)[0], outer])
