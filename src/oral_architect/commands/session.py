"""``demo``, ``restore`` and ``simulate``: the main job on a synthetic patient, on scans, and with another profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.commands.terminal import progress

if TYPE_CHECKING:
    from oral_architect.session import SessionResult

ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Technology profile: demonstrated, extrapolated or clinic-2045.")
]


@answering
def demo(
    seed: Annotated[int, typer.Option(help="Which synthetic patient.", min=0)] = 4,
    out: Annotated[Path, typer.Option(help="The case folder.")] = Path("demo-case"),
    profile: ProfileOption = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Do the main job on a synthetic patient and compare the result with the truth."""
    from oral_architect.demo import demo as run_demo
    from oral_architect.session import SessionSettings

    settings = SessionSettings.of_the_house()
    with progress(silent=json_) as told:
        result = run_demo(seed, out, settings if profile is None else settings.with_profile(profile), told)
    truth = result.comparison
    data = {**result.session.as_dict(), "seed": seed, "truth": truth.model_dump(mode="json")}
    return Answer(data, f"{_words(result.session)}\n\n{truth.in_words()}")


@answering
def restore(
    upper: Annotated[Path, typer.Argument(help="Scan of the upper arch (or the only scan there is).")],
    lower: Annotated[Path | None, typer.Argument(help="Scan of the lower arch.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="The case folder; an existing case goes on where it stopped.")],
    plan: Annotated[
        Path | None, typer.Option(help="plan.toml: kind, material, form … for single teeth; `plan CASE` writes one.")
    ] = None,
    profile: ProfileOption = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Carry a mouth from its scans to a designed, programmed and predicted restoration with a report."""
    from oral_architect.session import SessionSettings
    from oral_architect.session import restore as run_session

    wanted = None
    if plan is not None:
        from oral_architect.design.plan_file import read_plan

        wanted = read_plan(plan)
    settings = SessionSettings.of_the_house()
    chosen = settings if profile is None else settings.with_profile(profile)
    with progress(silent=json_) as told:
        result = run_session(upper, lower, chosen, out, told, plan=wanted)
    return Answer(result.as_dict(), _words(result))


@answering
def simulate(
    case: Annotated[Path, typer.Argument(help="A case that holds a design.")],
    profile: ProfileOption = None,
    json_: JsonOption = False,
    debug: DebugOption = False,
) -> Answer:
    """Plan and predict the design of a case again, with another technology profile."""
    from oral_architect.session import simulate as run_session

    with progress(silent=json_) as told:
        result = run_session(case, profile, told)
    return Answer(result.as_dict(), _words(result))


def _words(result: SessionResult) -> str:
    data: dict[str, Any] = result.as_dict()
    checks, count = data["checks"], len(data["teeth"])
    seconds = sum(data["seconds"].values())
    lines = [
        f"{count} {'tooth' if count == 1 else 'teeth'} found, {_listed(data['missing'], 'missing')}, "
        f"{_listed(data['restorations'], 'to restore')}.",
        f"Checks: {checks['pass']} pass, {checks['warn']} warn, {checks['fail']} fail.",
        result.prediction.rate_gap_text,
        *(f"Note: {words}" for words in data["warnings"]),
        f"Report: {data['report']}",
        f"Case:   {data['case']} ({seconds:.1f} s, {len(data['reused'])} of {len(data['seconds'])} stages unchanged)",
    ]
    return "\n".join(filter(None, lines))


def _listed(numbers: list[int], words: str) -> str:
    return f"{words}: {', '.join(map(str, numbers))}" if numbers else f"none {words}"
