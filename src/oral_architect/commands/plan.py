"""``plan`` and ``edit``: what was decided for a case, in a file to change, and changing it one thing at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.commands.terminal import progress
from oral_architect.errors import SettingsError

if TYPE_CHECKING:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.design.edits import EditLog
    from oral_architect.session import SessionResult


@answering
def plan(
    case: Annotated[Path, typer.Argument(help="A case that holds a design.")],
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Print the plan that asks for what was decided, tooth by tooth, to be edited and given to restore --plan."""
    from oral_architect.case import Case
    from oral_architect.design.plan_file import decided, parse_plan
    from oral_architect.session import stored_plan

    opened = Case.open(case)
    text = decided(opened.load("design"), stored_plan(opened))  # type: ignore[arg-type]
    return Answer({"case": str(case), "plan": text, **parse_plan(text).model_dump(mode="json")}, text.rstrip("\n"))


@answering
def edit(
    case: Annotated[Path, typer.Argument(help="A case that holds a design.")],
    tooth: Annotated[int | None, typer.Option(help="FDI number of the tooth that is changed.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE as in plan.toml; nothing after = is automatic again.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the last edit that counts.")] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Take back the last undo.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Show the edits; nothing is changed.")] = False,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Change the plan of a case, or undo and redo changes; only what they touch is designed again."""
    if history:
        return _history(case)
    changes = [_change(words) for words in set_ or ()]
    if bool(changes) + undo + redo != 1:
        raise SettingsError(
            "it is not clear what is to be changed.", where="edit", todo="Give --set KEY=VALUE, --undo or --redo."
        )
    said: list[str] = []

    def change(log: EditLog, landscape: Landscape) -> None:
        if undo:
            said.append(f"Undone: {log.undo().in_words()}.")
        elif redo:
            said.append(f"Done again: {log.redo().in_words()}.")
        else:
            _exists(landscape, tooth)
            log.try_all(changes, tooth)
            for key, value in changes:
                log.set(key, value, tooth)
                said.append(log.edits()[-1].in_words())

    from oral_architect.session import redesign

    with progress(silent=json_) as told:
        result = redesign(case, told, change=change)
    return Answer({**result.as_dict(), "edits": said, "tooth": tooth}, _told(result, said, tooth))


def _change(words: str) -> tuple[str, Any]:
    from oral_architect.design.edits import value_of

    key, equals, value = words.partition("=")
    if not equals:
        raise SettingsError(f"'{words}' sets nothing.", where="edit --set", todo="Write it as KEY=VALUE.")
    return key.strip(), value_of(value)


def _exists(landscape: Landscape, tooth: int | None) -> None:
    there = {one.fdi for one in landscape.teeth} | {fdi for arch in landscape.arches for fdi in arch.missing}
    if tooth is not None and tooth not in there:
        raise SettingsError(
            f"there is no tooth {tooth} on the scans, and no gap for it.",
            where="edit",
            todo=f"There are {', '.join(str(one.fdi) for one in landscape.teeth)}.",
        )


def _history(case: Path) -> Answer:
    from oral_architect.case import Case
    from oral_architect.design.edits import EditLog

    steps = EditLog(Case.open(case).folder).steps()
    rows = [
        {"number": step.edit.number, "at": step.edit.at, "what": step.edit.in_words(), "counts": step.counts}
        for step in steps
    ]
    lines = [f"{row['number']:>4}  {row['at']}  {row['what']}{'' if row['counts'] else '  (undone)'}" for row in rows]
    return Answer({"case": str(case), "edits": rows}, "\n".join(lines) or "Nothing has been edited.")


def _told(result: SessionResult, said: list[str], tooth: int | None) -> str:
    lines = list(said)
    for one in result.design.restorations:
        if one.fdi == tooth:
            bad = [check.check for check in one.checks if check.verdict == "fail"]
            lines.append(
                f"Tooth {one.fdi}: {one.kind}, {one.material}, {one.volume_mm3:.1f} mm³; "
                f"{'failed: ' + ', '.join(bad) if bad else 'no check failed'}."
            )
    lines += [words for words in result.design.skipped if tooth is not None and words.startswith(f"Tooth {tooth}:")]
    return "\n".join([*lines, f"Report: {result.report}"])
