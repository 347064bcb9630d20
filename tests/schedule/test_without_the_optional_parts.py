"""Where an optional library is not installed, the error says what to type."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from box_tooth import cap

from oral_architect.errors import MissingPartError
from oral_architect.export.milling import Job, milled_side
from oral_architect.export.part import on_platform
from oral_architect.schedule import Problem, Task, Way, solve


def test_a_plan_without_or_tools_says_what_to_type(monkeypatch):
    for name in ("ortools", "ortools.sat", "ortools.sat.python", "ortools.sat.python.cp_model"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPartError, match=r"pip install 'oral-architect\[schedule\]'"):
        solve(Problem((Task("a", (Way(1, ("x",)),)),)))


def test_gcode_without_opencamlib_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencamlib", None)
    with pytest.raises(MissingPartError, match=r"pip install 'oral-architect\[mill\]'"):
        milled_side(on_platform("cap", cap(), np.array([0.0, 0.0, 1.0])), Job.of_the_house())
