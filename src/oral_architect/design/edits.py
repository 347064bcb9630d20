"""The edits of a case: an append-only log of what a person changed in the plan, undone, redone, and replayed.

Each line of ``edits.jsonl`` is one JSON object that holds the SHA-256 of the line before, so that a log that was cut or
changed in the middle is noticed. A last line without its end was not finished and does not count.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from oral_architect.anatomy.bite.articulator import ArticulatorSettings
from oral_architect.case import Record, Settings, disk
from oral_architect.case.stages import EDITS_FILE
from oral_architect.errors import CaseError, SettingsError

from .plan import MouthPlan, Plan, ToothPlan, checked

Kind = Literal["plan", "set", "undo", "redo"]


class Edit(Record):
    """One line of the log."""

    number: int
    kind: Kind
    at: str
    """Wall time, only written down."""
    before: str
    """SHA-256 of the line before; empty for the first."""
    tooth: int | None = None
    key: str = ""
    value: Any = None
    """``None`` makes it automatic again."""
    plan: dict[str, Any] | None = None
    """The whole plan, for the kind ``plan``."""

    def in_words(self) -> str:
        """Say in a few words what was changed."""
        if self.kind == "plan":
            return "the plan the case began with" if self.number == 1 else "another plan"
        if self.kind != "set":
            return self.kind
        of = f"tooth {self.tooth}: " if self.tooth else ""
        return f"{of}{self.key} = {'automatic' if self.value is None else self.value}"


@dataclass(frozen=True)
class Step:
    """A state of the plan: the edit that led to it, and whether it counts now."""

    edit: Edit
    plan: Plan
    counts: bool


class EditLog:
    """The log of one case folder; whoever writes to it holds the case's lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / EDITS_FILE

    def exists(self) -> bool:
        """Whether anything was ever edited."""
        return self.path.is_file() and bool(self.edits())

    def edits(self) -> list[Edit]:
        """Read all lines that were finished.

        Raises
        ------
        CaseError
            When a line is damaged or one is missing.
        """
        if not self.path.is_file():
            return []
        with disk.explained(self.path):
            content = self.path.read_bytes()
        found: list[Edit] = []
        before = ""
        for line in content.split(b"\n")[:-1]:
            try:
                edit = Edit.model_validate_json(line)
            except ValueError:
                raise self._damaged(len(found) + 1) from None
            if edit.before != before or edit.number != len(found) + 1:
                raise self._damaged(len(found) + 1)
            found.append(edit)
            before = disk.digest(line)
        return found

    def plan(self) -> Plan:
        """Replay the log: the plan that counts now."""
        return next(step.plan for step in reversed(self.steps()) if step.counts)

    def steps(self) -> list[Step]:
        """Replay the log: every state of the plan that can be reached by undo and redo, in order.

        Raises
        ------
        CaseError
            When the log is damaged.
        """
        states: list[tuple[Edit, Plan]] = []
        now = 0
        for edit in self.edits():
            if edit.kind == "undo":
                now -= 1
            elif edit.kind == "redo":
                now += 1
            else:
                states = states[:now]
                states.append((edit, _applied(edit, states[-1][1] if states else Plan())))
                now = len(states)
            if not 1 <= now <= len(states):
                raise self._damaged(edit.number)
        return [Step(edit, plan, i < now) for i, (edit, plan) in enumerate(states)]

    def begin(self, plan: Plan) -> None:
        """Write the plan the case was designed with, when nothing has been edited yet."""
        if not self.edits():
            self._append("plan", plan=plan.model_dump(mode="json"))

    def replace(self, plan: Plan) -> None:
        """Take another plan; undo brings the one before back."""
        if self.plan() != plan:
            self._append("plan", plan=plan.model_dump(mode="json"))

    def set(self, key: str, value: Any, tooth: int | None = None) -> Plan:
        """Change one thing in the plan.

        Parameters
        ----------
        key
            A key of the plan file: ``kind``, ``material``, ``contacts.mesial_um`` …; without a tooth one of the whole
            mouth's, ``mouth.raise_bite_mm`` or ``articulator.bennett_deg``.
        value
            As the plan file would hold it; ``None`` makes it automatic again.

        Raises
        ------
        SettingsError
            When there is no such key, or the value cannot be.
        """
        changed = _set(self.plan(), key, value, tooth)
        self._append("set", tooth=tooth, key=key, value=value)
        return changed

    def try_all(self, changes: Sequence[tuple[str, Any]], tooth: int | None = None) -> None:
        """Check several changes before the first is written; raises ``SettingsError`` as :meth:`set` does."""
        plan = self.plan()
        for key, value in changes:
            plan = _set(plan, key, value, tooth)

    def undo(self) -> Edit:
        """Go back one edit.

        Raises
        ------
        SettingsError
            When there is nothing to undo.
        """
        counting = [step.edit for step in self.steps() if step.counts]
        if len(counting) < 2:
            raise SettingsError("there is nothing to undo.", where=str(self.path))
        self._append("undo")
        return counting[-1]

    def redo(self) -> Edit:
        """Take back an undo.

        Raises
        ------
        SettingsError
            When there is nothing to redo.
        """
        undone = [step.edit for step in self.steps() if not step.counts]
        if not undone:
            raise SettingsError("there is nothing to redo.", where=str(self.path))
        self._append("redo")
        return undone[0]

    def _append(self, kind: Kind, **more: Any) -> None:
        edits = self.edits()
        with disk.explained(self.path):
            before = ""
            if self.path.is_file():
                content = self.path.read_bytes()
                whole = content[: content.rfind(b"\n") + 1]
                before = disk.digest(whole.split(b"\n")[-2]) if whole else ""
            else:
                whole = b""
            now = datetime.now(UTC).isoformat(timespec="seconds")
            edit = Edit(number=len(edits) + 1, kind=kind, at=now, before=before, **more)
            with self.path.open("r+b" if self.path.is_file() else "xb") as file:
                file.truncate(len(whole))  # a line that was not finished never counted
                file.seek(len(whole))
                file.write(edit.model_dump_json(exclude_defaults=True).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            disk.sync_folder(self.path.parent)

    def _damaged(self, number: int) -> CaseError:
        return CaseError(
            f"the log of edits is damaged at line {number}.",
            where=str(self.path),
            todo="Put back a copy of the case folder, or remove the log and edit anew.",
        )


def value_of(text: str) -> Any:
    """Read a value as the plan file would: TOML where it is TOML, else the words themselves; ``None`` when empty."""
    if not text.strip():
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _applied(edit: Edit, plan: Plan) -> Plan:
    if edit.kind == "plan":
        return Plan.model_validate(edit.plan)
    return _set(plan, edit.key, edit.value, edit.tooth)


def _set_for_all(plan: Plan, key: str, value: Any) -> Plan:
    import difflib

    groups: dict[str, type[Settings]] = {"mouth": MouthPlan, "articulator": ArticulatorSettings}
    known = [f"{group}.{field}" for group, model in groups.items() for field in model.model_fields]
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
        hint = f"Did you mean '{near[0]}'?" if near else "Say which tooth with --tooth."
        raise SettingsError(f"'{key}' is not known for the whole mouth.", where="edit", todo=hint)
    group, _, name = key.partition(".")
    data = _without_none({**getattr(plan, group).model_dump(mode="json"), name: value})
    return plan.model_copy(update={group: checked(groups[group], data, f"edit {key}")})


def _set(plan: Plan, key: str, value: Any, tooth: int | None) -> Plan:
    import difflib

    if tooth is None:
        return _set_for_all(plan, key, value)
    own = plan.tooth(tooth) if plan.has(tooth) else checked(ToothPlan, {"fdi": tooth}, f"tooth {tooth}")
    data = own.model_dump(mode="json", exclude_unset=True)
    group, _, name = key.partition(".")
    known = [k for k in ToothPlan.model_fields if k not in ("fdi", "contacts")]
    known += [f"contacts.{field}" for field in type(own.contacts).model_fields]
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}."
        raise SettingsError(f"'{key}' is not known.", where=f"tooth {tooth}", todo=hint)
    if name:
        data["contacts"] = _without_none({**own.contacts.model_dump(mode="json"), name: value})
    else:
        data[group] = value
    return plan.with_tooth(checked(ToothPlan, _without_none(data), f"tooth {tooth}, {key}"))


def _without_none(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}
