"""The report is one whole file, safe, small, the same every time, and complete for any case."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.errors import CaseError
from oral_architect.web.page_data import page_data
from oral_architect.web.report import MAX_FACES, _json, write
from oral_architect.web.surfaces import collect
from sample_documents import DAMAGED, MISSING, sample_case, sample_landscape, sample_scan, sound_case

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>@@SCRIPT@@.stl"


class Tags(HTMLParser):
    """Every tag, in order, and the text inside each script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def read(path: Path) -> tuple[Tags, dict[str, Any], bytes]:
    page = Tags()
    page.feed(path.read_text(encoding="utf-8"))
    return page, json.loads(page.scripts[0]), gzip.decompress(base64.b64decode(page.scripts[1]))


@pytest.fixture(scope="module", autouse=True)
def small_arch_stills() -> Iterator[None]:
    """Their size is of no matter here and most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oral_architect.web.report.ARCH_STILLS_SCALE", 0.15)
        yield


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return write(folder / "report.html", **sample_case())


def test_one_file_needs_nothing_from_elsewhere(sample: Path) -> None:
    page, _, _ = read(sample)
    for tag, attributes in page.tags:
        assert tag not in {"iframe", "object", "embed", "base"}
        for name in ("src", "href", "srcset", "data"):
            link = attributes.get(name) or ""
            assert link.startswith(("data:", "#")) or link == "", f"<{tag} {name}={link}>"


def test_the_browser_is_told_to_load_nothing_and_run_only_our_program(sample: Path) -> None:
    page, _, _ = read(sample)
    policy = next(
        a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_file_name_with_markup_is_harmless(tmp_path: Path, sample: Path) -> None:
    path = write(tmp_path / "evil.html", **sample_case(title=EVIL, scans=(sample_scan("upper", EVIL),)))
    page, data, _ = read(path)
    assert data["title"] == EVIL
    assert data["scans"][0]["name"] == EVIL
    plain, _, _ = read(sample)
    assert [t for t, _ in page.tags] == [t for t, _ in plain.tags]
    assert all("onerror" not in attributes for _, attributes in page.tags)


@given(text=st.text())
@settings(max_examples=60)
def test_no_text_can_end_the_data(text: str) -> None:
    told = _json({"text": text})
    assert not set("<>&\u2028\u2029") & set(told)
    assert json.loads(told) == {"text": text}


def test_the_same_case_gives_the_same_bytes(tmp_path: Path, sample: Path) -> None:
    again = write(tmp_path / "again.html", **sample_case())
    assert again.read_bytes() == sample.read_bytes()


def test_the_file_is_small_and_the_picture_light(sample: Path) -> None:
    _, data, _ = read(sample)
    assert sample.stat().st_size < 6_000_000
    faces = sum(s["arrays"]["index"][2] // 3 for s in data["geometry"]["surfaces"])
    assert 10_000 < faces <= MAX_FACES


def test_it_tells_everything_the_case_knows(sample: Path) -> None:
    _, data, _ = read(sample)
    states = {t["fdi"]: t["state"] for t in data["teeth"]}
    assert states[MISSING] == "restored"
    assert states[DAMAGED[0]] == "restored"
    assert states[11] == "finding"
    assert states[21] == "sound"
    checks = [c for r in data["restorations"] for c in r["checks"]]
    assert len(checks) == 12
    assert {c["verdict"] for c in checks} == {"pass", "warn", "fail"}
    assert all(c["source"] and c["unit"] for c in checks)
    assert "480" in data["programme"]["rate_gap_text"]
    assert len(data["prediction"]["teeth"][0]["pulp_curve"]) > 100


def test_it_tells_every_measure_and_whom_to_look_at(sample: Path) -> None:
    page, data, _ = read(sample)
    widths = {m["fdi"]: m["said"] for m in data["measures"] if m["called"] == "Mesiodistal width"}
    assert len(widths) == 27
    assert widths[26] == "10.0 mm"
    assert [t["fdi"] for t in data["look_at"]] == [47]
    drawn = [a["data-fdi"] for _, a in page.tags if "data-fdi" in a]
    assert len(drawn) == len(set(drawn)) == 32


def test_the_style_of_the_chart_is_let_in_by_its_digest(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    chart = text[text.index('<svg xmlns="http://www.w3.org/2000/svg" class="tooth-chart"') :]
    style = chart[chart.index("<style>") + 7 : chart.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    assert f"'sha256-{digest}'" in text[: text.index("</head>")]


def test_the_surfaces_come_back_within_two_micrometres(sample: Path) -> None:
    _, data, block = read(sample)
    case = sample_case()
    geometry = data["geometry"]
    packed = next(s for s in geometry["surfaces"] if s["name"] == "restored_26")
    kind, offset, count = packed["arrays"]["position"]
    steps = np.frombuffer(block, "<" + kind, count, offset).reshape(-1, 3)
    points = steps / 32767 * geometry["radius_mm"] + geometry["centre_mm"]
    assert np.abs(points - case["design"].shapes["restored_26"].vertices).max() < 0.002


def test_new_material_is_marked_where_it_is_and_nowhere_else(sample: Path) -> None:
    _, data, block = read(sample)
    case = sample_case()
    packed = next(s for s in data["geometry"]["surfaces"] if s["name"] == "restored_26")
    kind, offset, count = packed["arrays"]["new"]
    marked = np.frombuffer(block, kind, count, offset) > 128
    built_up = case["findings"].arrays["loss_26"] > 0.3
    untouched = case["findings"].arrays["loss_26"] == 0
    assert marked[built_up].all()
    assert marked[untouched].mean() < 0.05


@pytest.mark.parametrize("left_out", ["findings", "design", "programme", "prediction", "scans"])
def test_each_document_may_be_absent(left_out: str) -> None:
    case = sample_case(**{left_out: () if left_out == "scans" else None})
    data = page_data(**case, version="0")
    names = {s.name for s in collect(case["landscape"], case["findings"], case["design"])}
    assert len(data["teeth"]) == 28
    assert ("restored_26" in names) is (left_out != "design")
    json.dumps(data, allow_nan=False)


def test_a_landscape_alone_is_a_report_too(tmp_path: Path) -> None:
    path = write(tmp_path / "report.html", landscape=sample_landscape(("upper",)))
    assert read(path)[1]["programme"] is None


def test_a_sound_lower_arch_alone_is_a_report_too(tmp_path: Path) -> None:
    path = write(tmp_path / "report.html", **sound_case())
    _, data, _ = read(path)
    assert {s["name"] for s in data["geometry"]["surfaces"]} == {"lower"}
    assert any("Nothing was found" in line for line in data["summary"])
    assert data["restorations"] == []


def test_figures_that_are_not_numbers_become_null(tmp_path: Path) -> None:
    case = sample_case()
    prediction = case["prediction"].model_copy(update={"rate_gap": float("nan")})
    _, data, _ = read(write(tmp_path / "report.html", **sample_case(prediction=prediction)))
    assert data["prediction"]["rate_gap"] is None


def test_stills_are_written_where_asked(tmp_path: Path) -> None:
    write(tmp_path / "report.html", **sample_case(), stills_folder=tmp_path / "Bilder für später")
    names = {p.name for p in (tmp_path / "Bilder für später").iterdir()}
    assert {
        "before.png", "after.png", "numbers_upper.png", "loss_lower.png", "chart.svg", "occlusal_upper.png", "left.png",
    } <= names  # fmt: skip


def test_a_place_that_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(CaseError) as caught:
        write(blocked / "report.html", **sound_case())
    assert caught.value.todo
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_report_cut_short_by_a_full_disk_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old report")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaseError, match="No space left"):
        write(path, **sound_case())
    assert path.read_text() == "the old report"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_licence_notice_of_three_js_stays_in_the_page(sample: Path) -> None:
    text = sample.read_text(encoding="utf-8")
    assert re.search(r"The MIT License.*three\.js authors", text, re.DOTALL)
