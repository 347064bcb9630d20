"""The command line: ``oral-architect``, thin; each command lives in ``commands``."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer

import oral_architect
from oral_architect.commands import (
    articulate,
    case,
    chart,
    crown,
    doctor,
    plan,
    schedule,
    segment,
    session,
    smile,
    train,
)

app = typer.Typer(
    name="oral-architect",
    help="From a scan of a mouth to a designed, programmed and predicted restoration. Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    # rich would triple the time to the first line of --help
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for _command in (
    session.demo,
    session.restore,
    crown.crown,
    plan.plan,
    plan.edit,
    segment.segment,
    articulate.articulate,
    chart.chart,
    smile.smile,
    train.train,
    session.simulate,
    schedule.schedule,
    case.export,
    case.verify,
    case.schema,
    doctor.doctor,
):
    app.command()(_command)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
) -> None:
    """From a scan of a mouth to a designed, programmed and predicted restoration. Not a medical device."""
    if version:
        typer.echo(f"oral-architect {oral_architect.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    if "--debug" not in sys.argv:
        # what libraries warn developers of is no help to a dentist
        warnings.simplefilter("ignore")
    app()


if __name__ == "__main__":
    main()
