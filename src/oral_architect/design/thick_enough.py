"""What is done where a planned piece would be thinner than its material needs: the policy of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oral_architect.errors import SettingsError
from oral_architect.reference import Row

from .document import Policy, RestorationKind
from .function.policies import Walls, apply_policy
from .materials import materials_for
from .plan_materials import material_for

if TYPE_CHECKING:
    from .form import Form
    from .function import ContactsWanted, Surroundings
    from .rebuilding import Task

POLICY: Policy = "thicken"
"""What is done where the least thickness cannot be met, unless a plan says otherwise."""


def thick_enough(
    task: Task, kind: RestorationKind, walls: Walls, row: Row, around: Surroundings, wanted: ContactsWanted
) -> tuple[Form, Row, str]:
    """Carry out the policy where walls are too thin; returns form, material, and what came of it.

    Raises
    ------
    SettingsError
        When the plan refuses a piece that is too thin.
    """
    known = next((m for m in materials_for(kind) if m.name == row.cells["material"]), None)
    if known is None:
        return walls.form, row, f"No least thickness of a {kind} is published for {row.cells['material']}."
    applied = apply_policy(task.plan.policy or POLICY, walls, known, around, wanted)
    if task.plan.policy == "refuse" and not applied.result.met:
        raise SettingsError(applied.result.sentence, where=f"tooth {task.fdi}", todo="Choose another policy.")
    return applied.form, material_for(kind, applied.result.material), applied.result.sentence
