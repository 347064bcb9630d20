"""``schedule``: the order of a visit, its picture, and the order anew when something is not as planned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.errors import SettingsError

if TYPE_CHECKING:
    from oral_architect.schedule import Late, Measured, SessionPlan


@answering
def schedule(
    case: Annotated[Path, typer.Argument(help="A case that holds a programme.")],
    late: Annotated[
        list[str] | None, typer.Option(help="STEP=MINUTES: a step takes that much longer; the rest is planned again.")
    ] = None,
    measured: Annotated[
        list[str] | None, typer.Option(help="FDI/LAYER=SHARE: a finished layer holds that share of its dose.")
    ] = None,
    numb: Annotated[list[int] | None, typer.Option(help="FDI number of a tooth that gets an anaesthetic.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Longest visit.", min=1.0)] = None,
    out: Annotated[Path | None, typer.Option(help="Write the plan here, as JSON.")] = None,
    gantt: Annotated[Path | None, typer.Option(help="Write a picture of the plan here, as SVG.")] = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Plan the visit of a case: teeth, phases, devices and people in the least time, with its bound."""
    from oral_architect.case import Case, disk
    from oral_architect.schedule import ScheduleSettings, run
    from oral_architect.schedule.gantt import gantt as picture

    opened = Case.open(case)
    settings = ScheduleSettings(
        numb=None if numb is None else tuple(numb), longest_s=None if minutes is None else round(minutes * 60)
    )
    prediction = opened.load("twin") if opened.has("twin") else None
    changes = [*map(_late, late or ()), *map(_measured, measured or ())]
    plan = run(opened.load("programme"), prediction, settings, changes=changes)  # type: ignore[arg-type]
    written = {}
    for name, path, content in (
        ("plan", out, plan.model_dump_json(indent=1) + "\n"),
        ("gantt", gantt, picture(plan, title=f"Session plan of {case.name}")),
    ):
        if path is not None:
            with disk.explained(path.parent):
                disk.replace_file(path, content.encode())
            written[name] = str(path)
    return Answer({"case": str(case), **plan.model_dump(mode="json"), "files": written}, _told(plan, written))


def _late(words: str) -> Late:
    from oral_architect.schedule import Late

    step, minutes = _parted(words, "--late", "STEP=MINUTES")
    return Late(step=step, by_s=_positive(round(minutes * 60), words))


def _measured(words: str) -> Measured:
    from oral_architect.schedule import Measured

    place, share = _parted(words, "--measured", "FDI/LAYER=SHARE")
    fdi, slash, layer = place.partition("/")
    if not (slash and fdi.isdigit() and layer.isdigit() and 0 < share <= 2):
        raise SettingsError(
            f"'{words}' names no layer and share.", where="schedule --measured", todo="Write it as 21/3=0.8."
        )
    return Measured(fdi=int(fdi), layer=int(layer), share=share)


def _parted(words: str, option: str, form: str) -> tuple[str, float]:
    name, _, number = words.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise SettingsError(
            f"'{words}' cannot be read.", where=f"schedule {option}", todo=f"Write it as {form}."
        ) from None


def _positive(by_s: int, words: str) -> int:
    if by_s <= 0:
        raise SettingsError(f"'{words}' makes nothing late.", where="schedule --late", todo="Give minutes above 0.")
    return by_s


def _told(plan: SessionPlan, written: dict[str, str]) -> str:
    best = "proved shortest" if plan.gap == 0 else f"no order is shorter than {plan.bound_s / 60:.1f} min"
    lines = [*plan.changes, *(_line(step.start_s, step.end_s, step.name, step.uses) for step in plan.steps)]
    lines += [_line(start, end, "break", ()) for start, end in plan.breaks_s]
    lines.append(f"{plan.session_s / 60:.1f} min ({best}). {plan.rate_gap_text}")
    return "\n".join([*lines, *plan.warnings, *written.values()])


def _line(start_s: int, end_s: int, name: str, uses: tuple[str, ...]) -> str:
    return f"{start_s / 60:7.1f} – {end_s / 60:5.1f} min  {name:<18} {', '.join(uses)}".rstrip()
