from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from oral_architect.cli import app
from oral_architect.session import Rooms, SessionSettings


def _fake_rooms() -> Any:
    path = Path(__file__).parent.parent / "session" / "fake_rooms.py"
    spec = importlib.util.spec_from_file_location("cli_fake_rooms", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fake() -> Any:
    return _fake_rooms()


@pytest.fixture
def oral_architect() -> Callable[..., Result]:
    """Run a command in this process."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def quick_rooms(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command walk through small rooms."""
    monkeypatch.setattr(Rooms, "of_the_house", classmethod(lambda _cls: fake.ROOMS))
    monkeypatch.setattr(SessionSettings, "of_the_house", classmethod(lambda _cls: fake.SETTINGS))
    monkeypatch.setattr("oral_architect.segmentation.house_rooms", lambda _model: (fake.read, fake.find))


@pytest.fixture
def scans(fake: Any, tmp_path: Path) -> tuple[Path, Path]:
    return fake.write_scans(tmp_path / "Aufnahmen für Müller")


@pytest.fixture
def case(oral_architect: Callable[..., Result], quick_rooms: None, scans: tuple[Path, Path], tmp_path: Path) -> Path:
    folder = tmp_path / "Fall 7"
    assert oral_architect("restore", *scans, "--out", folder).exit_code == 0
    return folder
