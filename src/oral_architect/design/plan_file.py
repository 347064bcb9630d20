"""``plan.toml``: reading a plan with the line of whatever is wrong, and writing the plan of what was decided."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from oral_architect.anatomy.bite.articulator import ArticulatorSettings
from oral_architect.case import Settings
from oral_architect.errors import SettingsError

from .document import Design, Restoration
from .materials import materials
from .plan import KINDS, ContactStrengths, MouthPlan, Plan, ToothPlan, checked

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_GROUPS: dict[str, type[Settings]] = {"mouth": MouthPlan, "articulator": ArticulatorSettings}
"""What is said for the whole mouth."""
_TOP = (*_GROUPS, "tooth")


def read_plan(path: Path) -> Plan:
    """Read a plan file.

    Raises
    ------
    SettingsError
        When it is not there, not TOML, names something unknown (with the line and the nearest name there is), plans a
        tooth twice, or a value is out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the plan cannot be read.", where=str(path), todo="Check the path.") from error
    return parse_plan(text, path.name)


def parse_plan(text: str, name: str = "plan.toml") -> Plan:
    """Read a plan from the text of a plan file; see :func:`read_plan`."""
    lines = _lines(text)
    _twice(lines, name)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"this is not TOML: {error}.", where=name, todo="Correct the line.") from None
    _known(data, _TOP, (), lines, name)
    teeth = data.get("tooth", {})
    if not isinstance(teeth, dict) or not all(isinstance(one, dict) for one in teeth.values()):
        raise SettingsError("teeth are planned as [tooth.16].", where=name, todo="Give each tooth such a heading.")
    planned = [_tooth(number, one, lines, name) for number, one in teeth.items()]
    groups = {group: _group(group, model, data.get(group, {}), lines, name) for group, model in _GROUPS.items()}
    ordered = sorted(planned, key=lambda tooth: tooth.fdi)
    return Plan.model_validate({"teeth": tuple(ordered), **groups})


def to_toml(plan: Plan) -> str:
    """Write a plan as TOML; what is automatic is left out."""
    parts = ["\n".join(lines) for lines in _group_lines(plan)]
    parts += ["\n".join([f"[tooth.{tooth.fdi}]", *_tooth_lines(tooth)]) for tooth in plan.teeth]
    return "\n\n".join(parts) + "\n"


def decided(design: Design, plan: Plan) -> str:
    """Write the plan that asks for what a design holds, with comments, to be edited.

    Parameters
    ----------
    design
        What was designed.
    plan
        What had been planned for it; it stays.
    """
    lines = [
        "# What was decided for this mouth. Change a line, then:",
        "#   oral-architect restore UPPER LOWER --plan plan.toml --out CASE",
        f"# kind: {', '.join(KINDS)}",
        "# form: inferred, mirror, library, or 'copy 15'. Lines behind # are decided automatically.",
    ]
    if plan.mouth == MouthPlan():
        lines += ["", "# [mouth]", "# raise_bite_mm = 2.0  # every tooth that bites is built up to meet again"]
        lines += ["# share_upper = 0.5  # part of the room that the upper teeth take"]
    for group in _group_lines(plan):
        lines += ["", *group]
    made = {one.fdi: one for one in design.restorations}
    for fdi in sorted({*made, *(tooth.fdi for tooth in plan.teeth)}):
        own = plan.tooth(fdi)
        lines += ["", f"[tooth.{fdi}]"]
        if fdi in made:
            lines += [*_tooth_lines(_as_made(own, made[fdi])), *_comments(own, made[fdi])]
        else:
            lines += _tooth_lines(own)
    lines += ["", *(f"# {words}" for words in design.skipped)]
    return "\n".join(lines).rstrip() + "\n"


def _group_lines(plan: Plan) -> Iterator[list[str]]:
    """What is said for the whole mouth, group by group."""
    for group in _GROUPS:
        said = getattr(plan, group).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        if said:
            yield [f"[{group}]", *(f"{key} = {_value(value)}" for key, value in said.items())]


def _as_made(own: ToothPlan, made: Restoration) -> ToothPlan:
    """What was made, as a plan; a material the tables no longer hold is left to be decided again."""
    material = made.material if made.material in materials() else own.material
    kind = own.kind if _only_named(made) else made.kind
    return own.model_copy(update={"kind": kind, "material": material, "form": made.form or own.form})


def _only_named(made: Restoration) -> bool:
    """Whether a direct build-up is called after its extent; planned as that, it would become a piece of its own."""
    return made.kind in ("onlay", "crown") and made.preparation is None


def _comments(own: ToothPlan, made: Restoration) -> Iterator[str]:
    """What may be said beside what is said, as it was decided."""
    if own.kind is None and _only_named(made):
        yield f'# kind = "{made.kind}"  # by its extent; it was built up directly. Planned, it becomes a piece.'
    if own.policy is None:
        yield '# policy = "thicken"  # thicken, reduce, material or refuse, where the least thickness cannot be met'
    if own.insertion_axis is None:
        yield f"# insertion_axis = {_value([round(x, 4) for x in made.insertion_axis])}"
    for name in ("mesial", "distal"):
        asked = next((one.asked_um for one in made.contacts if one.name == name), None)
        if asked is not None and getattr(own.contacts, f"{name}_um") is None:
            yield f"# contacts.{name}_um = {_value(asked)}"
    if made.kind == "bridge" and not own.abutments:
        yield f"# abutments = {_value([made.units[0], made.units[-1]])}  # the teeth beside the gap that carry it"
    if made.kind == "pontic":
        yield '# kind = "bridge"  # carried by crowns on the prepared teeth beside the gap'
    if made.preparation is not None and not own.line_points:
        yield "# line_points = [[x, y, z]]  # points the finish line has to run through, patient frame, mm"
    for note in made.notes:
        yield f"# {note}"


def _tooth_lines(tooth: ToothPlan) -> Iterator[str]:
    for key, value in tooth.model_dump(mode="json", exclude_none=True, exclude={"fdi", "contacts"}).items():
        if value != []:
            yield f"{key} = {_value(value)}"
    for key, value in tooth.contacts.model_dump(mode="json", exclude_none=True).items():
        yield f"contacts.{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)


def _group(
    group: str, model: type[Settings], data: Any, lines: dict[tuple[str, ...], list[int]], name: str
) -> Settings:
    """Read what is said for the whole mouth."""
    at = _place(name, lines, (group,))
    if not isinstance(data, dict):
        raise SettingsError(f"'{group}' is a heading.", where=at, todo=f"Write it as [{group}].")
    _known(data, _fields(model), (group,), lines, name)
    wrong = [key for key in data if _fails(model, {key: data[key]})]
    return cast(Settings, checked(model, data, _place(name, lines, (group, wrong[0])) if wrong else at))


def _tooth(number: str, data: dict[str, Any], lines: dict[tuple[str, ...], list[int]], name: str) -> ToothPlan:
    path = ("tooth", number)
    if not re.fullmatch(r"[1-4][1-8]", number):
        raise SettingsError(
            f"'{number}' is not the number of a permanent tooth.",
            where=_place(name, lines, path),
            todo="Use FDI 11 to 48.",
        )
    _known(data, [key for key in _fields(ToothPlan) if key != "fdi"], path, lines, name)
    contacts = data.get("contacts", {})
    if isinstance(contacts, dict):
        _known(contacts, _fields(ContactStrengths), (*path, "contacts"), lines, name)
    wrong = [key for key in data if _fails(ToothPlan, {"fdi": int(number), key: data[key]})]
    place = _place(name, lines, (*path, wrong[0]) if wrong else path)
    return ToothPlan.model_validate(checked(ToothPlan, {"fdi": int(number), **data}, place))


def _fails(model: type[Settings], data: dict[str, Any]) -> bool:
    try:
        checked(model, data, "")
    except SettingsError:
        return True
    return False


def _known(
    data: dict[str, Any],
    known: Any,
    path: tuple[str, ...],
    lines: dict[tuple[str, ...], list[int]],
    name: str,
) -> None:
    for key in data:
        if key in known:
            continue
        near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.4)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}."
        raise SettingsError(f"'{key}' is not known.", where=_place(name, lines, (*path, key)), todo=hint)


def _fields(model: type[Settings]) -> tuple[str, ...]:
    return tuple(model.model_fields)


def _place(name: str, lines: dict[tuple[str, ...], list[int]], path: tuple[str, ...]) -> str:
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return f"{name}, line {lines[path[:length]][0]}"
    return name


def _twice(lines: dict[tuple[str, ...], list[int]], name: str) -> None:
    """Say which tooth is planned twice, and where; TOML itself would name neither."""
    for path, found in lines.items():
        if len(path) == 2 and path[0] == "tooth" and len(found) > 1:
            raise SettingsError(
                f"tooth {path[1]} is planned twice.",
                where=f"{name}, lines {' and '.join(map(str, found))}",
                todo="Keep one of the two.",
            )


def _lines(text: str) -> dict[tuple[str, ...], list[int]]:
    """Where each heading and key stands, from line 1, named by its path; a heading is listed each time it is given."""
    found: dict[tuple[str, ...], list[int]] = {}
    inside: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.fullmatch(line), _KEY.match(line)
        if header:
            inside = _path(header.group(1))
            found.setdefault(inside, []).append(number)
        elif key:
            path = (*inside, *_path(key.group(1)))
            for length in range(len(inside) + 1, len(path)):
                if length != 2 or path[0] != "tooth":
                    found.setdefault(path[:length], [number])
            found.setdefault(path, [number])
    return found


def _path(words: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in words.split("."))
