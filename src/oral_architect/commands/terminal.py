"""Progress for the person in front of a terminal: on stderr, and only where somebody sees it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from oral_architect.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


@contextmanager
def progress(*, silent: bool) -> Iterator[Progress]:
    """Give what a session tells its progress to: lines on the terminal, nothing where stderr is not one."""
    if silent or not sys.stderr.isatty():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield _Lines(bars)


class _Lines:
    """One line a stage."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("Starting", total=None)
        self._begun = time.monotonic()
        self._words = "Starting"

    def begin(self, stage: str, words: str) -> None:
        if self._words == "Starting":
            self._bars.remove_task(self._task)
        self._words, self._begun = words, time.monotonic()
        self._task = self._bars.add_task(words, total=None)

    def advance(self, fraction: float, words: str = "") -> None:
        description = f"{self._words}: {words}" if words else self._words
        self._bars.update(self._task, completed=fraction, total=1.0, description=description)

    def end(self, stage: str, seconds: float, *, reused: bool) -> None:
        words = f"{self._words} (unchanged)" if reused else self._words
        self._bars.update(self._task, completed=1.0, total=1.0, description=words)
