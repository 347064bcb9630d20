"""How a long task tells whoever waits how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a session, and any stage that takes a ``progress`` argument, calls while it works."""

    def begin(self, stage: str, words: str) -> None:
        """Say that a stage begins, in words for people."""

    def advance(self, fraction: float, words: str = "") -> None:
        """Say how much of the present stage is done, 0 to 1."""

    def end(self, stage: str, seconds: float, *, reused: bool) -> None:
        """Say that a stage has ended, and whether a stored result was used."""


class Silent:
    """Nobody waits."""

    def begin(self, stage: str, words: str) -> None:
        """Say nothing."""

    def advance(self, fraction: float, words: str = "") -> None:
        """Say nothing."""

    def end(self, stage: str, seconds: float, *, reused: bool) -> None:
        """Say nothing."""
