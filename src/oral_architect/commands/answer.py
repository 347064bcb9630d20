"""How every command answers: words or one JSON object on stdout, a plain sentence when it fails, an exit code."""

from __future__ import annotations

import contextlib
import functools
import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ParamSpec

import typer

from oral_architect.errors import OralArchitectError

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show where in the program an error arose.")]

EXIT_INTERRUPTED = 130
"""As shells do for a program ended with Ctrl-C."""
EXIT_FAULT = 70
"""A fault of the program itself (``EX_SOFTWARE`` of sysexits.h)."""

_P = ParamSpec("_P")


@dataclass(frozen=True)
class Answer:
    """What a command has to say."""

    data: dict[str, Any]
    """Printed with ``--json``."""
    words: str
    """Printed without."""
    exit_code: int = field(default=0)


def answering(command: Callable[_P, Answer]) -> Callable[_P, None]:
    """Turn a function that gives an :class:`Answer` into a command.

    The command takes ``json_`` and ``debug`` among its arguments. With ``--json`` whatever a library prints goes to
    stderr, so that stdout holds the one object and nothing else.
    """

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        as_json, debug = bool(kwargs.get("json_")), bool(kwargs.get("debug"))
        try:
            with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
                answer = command(*args, **kwargs)
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, (typer.Exit, typer.Abort, typer.BadParameter)):
                raise
            if debug:
                traceback.print_exc(file=sys.stderr)
            answer = _failure(error)
            typer.echo(json.dumps(answer.data, ensure_ascii=False) if as_json else answer.words, err=not as_json)
            raise typer.Exit(answer.exit_code) from None
        typer.echo(json.dumps(answer.data, ensure_ascii=False) if as_json else answer.words)
        if answer.exit_code:
            raise typer.Exit(answer.exit_code)

    return run


def sentence(error: OralArchitectError) -> str:
    """Return an error as sentences: where, what, and what to do."""
    return " ".join(filter(None, (f"{error.where}:" if error.where else "", _ended(error.what), _ended(error.todo))))


def _failure(error: BaseException) -> Answer:
    if isinstance(error, OralArchitectError):
        return Answer(error.as_dict(), f"Error: {sentence(error)}", error.exit_code)
    if isinstance(error, KeyboardInterrupt):
        words = "Stopped. Finished stages are kept; the same command goes on from there."
        return Answer({"error": "Interrupted", "what": words, "where": "", "todo": ""}, words, EXIT_INTERRUPTED)
    if isinstance(error, MemoryError):
        what, todo = "there is not enough memory for this.", "Close other programs or use a smaller scan."
    else:
        what = f"a fault of the program: {type(error).__name__}: {error}"
        todo = "Run the command again with --debug and report what it shows."
    data = {"error": type(error).__name__, "what": what, "where": "", "todo": todo}
    return Answer(data, f"Error: {_ended(what)} {todo}", EXIT_FAULT)


def _ended(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
