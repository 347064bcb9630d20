"""Everything that can go wrong, each with what is wrong, where, and what to do.

OralArchitectError
├── InputError            the user gave something that cannot be used
│   ├── ScanError         a file is not a readable surface scan
│   │   └── NotAnArchError    a surface, but not a dental arch
│   └── SettingsError     a setting or an argument is out of range
├── CaseError             the case folder cannot be read, written or trusted
├── ReferenceDataError     a limit or figure is missing from the data tables
├── StageError            a stage could not produce a trustworthy result
└── MissingPartError      an optional part of the installation is not there
"""

from __future__ import annotations

from typing import Any


class OralArchitectError(Exception):
    """Base of every error this program raises on purpose.

    Parameters
    ----------
    what
        What is wrong, one sentence.
    where
        File, stage, tooth or field it was found at.
    todo
        What the user can do about it, one sentence.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" {self.todo}" if self.todo else ""
        return f"{place}{self.what}{hint}"

    def as_dict(self) -> dict[str, Any]:
        """Return the error in the form ``--json`` prints."""
        return {"error": type(self).__name__, "what": self.what, "where": self.where, "todo": self.todo}


class InputError(OralArchitectError):
    """The user gave something that cannot be used."""

    exit_code = 2


class ScanError(InputError):
    """A file is not a readable surface scan."""


class NotAnArchError(ScanError):
    """A surface was read, but it does not look like a dental arch."""


class SettingsError(InputError):
    """A setting or an argument is out of range."""


class CaseError(OralArchitectError):
    """The case folder cannot be read, written or trusted."""

    exit_code = 3


class ReferenceDataError(OralArchitectError):
    """A limit or figure is missing from the data tables."""

    exit_code = 4


class StageError(OralArchitectError):
    """A stage could not produce a result that can be trusted."""

    exit_code = 5


class MissingPartError(OralArchitectError):
    """An optional part of the installation is not there."""

    exit_code = 6
