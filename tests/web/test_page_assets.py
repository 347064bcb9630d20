"""The built page in the package is what pages/ builds to, and tampering with either is noticed."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_pages", ROOT / "scripts" / "build_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_built_page_is_current(builder: ModuleType) -> None:
    assert builder.check() == []


@pytest.mark.parametrize("part", ["pages/src/main.ts", "src/oral_architect/web/assets/report.js"])
def test_a_change_without_a_build_is_noticed(
    builder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    for folder in ("pages", "src/oral_architect/web/assets"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setattr(builder, "PAGES", tmp_path / "pages")
    monkeypatch.setattr(builder, "ASSETS", tmp_path / "src/oral_architect/web/assets")
    monkeypatch.setattr(builder, "MANIFEST", tmp_path / "src/oral_architect/web/assets/MANIFEST.json")
    assert builder.check() == []
    with (tmp_path / part).open("a", encoding="utf-8") as stream:
        stream.write("\n// changed\n")
    assert [p for p in builder.check() if Path(part).name in p]


def test_no_asset_can_end_its_own_element() -> None:
    assets = ROOT / "src" / "oral_architect" / "web" / "assets"
    assert "</script" not in (assets / "report.js").read_text(encoding="utf-8").lower()
    assert "</style" not in (assets / "report.css").read_text(encoding="utf-8").lower()
