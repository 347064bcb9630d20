"""What is done where a planned piece would be thinner than its material needs: the policy of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oral_architect.errors import SettingsError

from .document import Policy, RestorationKind
from .function.policies import Walls, apply_policy
from .materials import Material, material_for

if TYPE_CHECKING:
    from .form import Form
    from .function import ContactsWanted, Surroundings
    from .rebuilding import Task

POLICY: Policy = "thicken"
"""What is done where the least thickness cannot be met, unless a plan says otherwise."""


def thick_enough(
    task: Task, kind: RestorationKind, walls: Walls, material: Material, around: Surroundings, wanted: ContactsWanted
) -> tuple[Form, Material, str]:
    """Carry out the policy where walls are too thin; returns form, material, and what came of it.

    Raises
    ------
    SettingsError
        When the plan refuses a piece that is too thin.
    """
    if not material.has_walls(task.fdi):
        return walls.form, material, f"No least thickness of a {kind} is published for {material.name}."
    applied = apply_policy(task.plan.policy or POLICY, walls, material, around, wanted)
    if task.plan.policy == "refuse" and not applied.result.met:
        raise SettingsError(applied.result.sentence, where=f"tooth {task.fdi}", todo="Choose another policy.")
    return applied.form, material_for(kind, applied.result.material), applied.result.sentence
