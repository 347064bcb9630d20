"""``doctor``: what is installed, what is missing, what to type."""

from __future__ import annotations

from oral_architect.commands.answer import Answer, DebugOption, JsonOption, answering
from oral_architect.errors import MissingPartError


@answering
def doctor(json_: JsonOption = False, debug: DebugOption = False) -> Answer:
    """Say what is installed, what is missing, and what to type."""
    from oral_architect.doctor import examine

    lines = examine()
    missing = [line for line in lines if line.verdict == "missing"]
    signs = {"ok": "ok     ", "warn": "note   ", "missing": "MISSING"}
    words = [f"{signs[line.verdict]}  {line.what:<20} {line.found}" + _todo(line.todo) for line in lines]
    words.append("Something is missing." if missing else "Everything needed is here.")
    data = {"ok": not missing, "lines": [line.as_dict() for line in lines]}
    return Answer(data, "\n".join(words), MissingPartError.exit_code if missing else 0)


def _todo(words: str) -> str:
    return f"\n{'':9}{'':20} {words}" if words else ""
