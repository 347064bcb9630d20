"""The sheet and the preview show what was measured, say what they are, and can be traced to their origin."""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from oral_architect.case.files import content_digest
from oral_architect.design.aesthetics import preview as preview_room
from oral_architect.design.aesthetics.assessment import SmileSettings, assess
from oral_architect.design.aesthetics.document import Aesthetics
from oral_architect.design.aesthetics.preview import LABEL, write_preview
from oral_architect.design.aesthetics.shade.match import MeasuredShade
from oral_architect.design.aesthetics.shade.table import demo_shades
from oral_architect.design.aesthetics.sheet import smile_sheet
from oral_architect.design.document import Design
from oral_architect.errors import StageError

from .mouths import restored, shortened, symmetric

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).with_name("short_incisor.svg")
SHADE = SmileSettings(shades=demo_shades(), measured=MeasuredShade(lab=(74.0, 1.2, 19.0)))


def test_a_short_incisor_gives_the_kept_drawing() -> None:
    worn = shortened(symmetric(), 21, 1.0)
    drawn = smile_sheet(
        assess(worn, restored(worn, symmetric(), 21), settings=SHADE), assess(worn), title="A short incisor"
    )
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(drawn, encoding="utf-8", newline="\n")
    assert drawn == GOLDEN.read_text(encoding="utf-8")


def test_every_front_tooth_is_drawn_once_right_of_the_patient_on_the_left() -> None:
    smile = assess(symmetric())
    root = Xml.fromstring(smile_sheet(smile))
    groups = [int(g.get("data-fdi", "")) for g in root.iter(f"{SVG}g") if g.get("data-fdi")]
    assert sorted(groups) == sorted(q + k for q in (10, 20) for k in range(1, 6))
    numbers = {t.text: float(t.get("x", "")) for t in root.iter(f"{SVG}text") if t.get("class") == "number"}
    assert numbers["13"] < numbers["11"] < numbers["21"] < numbers["23"]


def test_what_is_judged_stands_in_words() -> None:
    worn = assess(shortened(symmetric(), 21, 1.0))
    said = " ".join(Xml.fromstring(smile_sheet(worn)).itertext())
    for check in worn.checks:
        assert check.check[1:] in said
    assert "beyond" in said
    assert "Not a medical device" in said


@given(words=st.text(max_size=40))
@settings(max_examples=15, deadline=None)
def test_any_title_leaves_it_valid_and_self_contained(words: str) -> None:
    text = smile_sheet(_smile(), title=words)
    root = Xml.fromstring(text.encode("utf-8"))
    assert root.tag == f"{SVG}svg"
    assert not [e for e in root.iter() if e.tag in {f"{SVG}script", f"{SVG}image", f"{SVG}a"}]
    if not words:
        assert not re.search(r"https?:|url\(|@import|href", text.replace("http://www.w3.org/2000/svg", ""))


@cache
def _smile() -> Aesthetics:
    return assess(symmetric())


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    look = {**preview_room._look(), "size_px": [240, 140]}
    monkeypatch.setattr(preview_room, "_look", lambda: look)
    monkeypatch.setattr(preview_room, "OCCLUSION_RAYS", 2)
    monkeypatch.setattr(preview_room, "SAMPLES", 1)


def test_before_and_after_share_camera_and_light_and_differ_only_at_the_tooth(
    small_pictures: None, tmp_path: Path
) -> None:
    worn = shortened(symmetric(), 21, 1.0)
    design = restored(worn, symmetric(), 21)
    before, after = assess(worn), assess(worn, design, settings=SHADE)
    told, files = write_preview(tmp_path / "preview", worn, design, before, after)
    assert all(f.is_file() for f in files)
    kept = {s.file: s for s in told.stills}
    for view in ("frontal", "lateral", "three_quarter"):
        first, second = kept[f"{view}_before.png"], kept[f"{view}_after.png"]
        assert (first.camera_axes, first.centre_mm, first.px_per_mm) == (
            second.camera_axes,
            second.centre_mm,
            second.px_per_mm,
        )
        assert kept[f"{view}.png"].state == "side by side"
    a, b = (np.asarray(Image.open(tmp_path / "preview" / f"frontal_{s}.png")).astype(int) for s in ("before", "after"))
    assert a.shape == b.shape
    drawn = np.abs(a - b)[:140].max(axis=2) > 24
    assert drawn.any()
    # the patient's left is on the viewer's right
    assert np.flatnonzero(drawn.any(axis=0)).mean() > 120


def test_a_preview_says_what_it_is_and_where_it_comes_from(small_pictures: None, tmp_path: Path) -> None:
    worn = shortened(symmetric(), 21, 1.0)
    design = restored(worn, symmetric(), 21)
    after = assess(worn, design, settings=SHADE)
    write_preview(tmp_path, worn, design, assess(worn), after)
    told = json.loads((tmp_path / "preview.json").read_text(encoding="utf-8"))
    assert told["label"] == LABEL == "Simulation, not a promise"
    assert told["design_sha256"] == content_digest(design)
    assert told["landscape_sha256"] == content_digest(worn)
    assert told["settings"]["size_px"] == [240, 140]
    assert after.shade is not None
    assert after.shade.words in told["uncertainty"]
    assert len(told["expectation"]) == 2
    for still in told["stills"]:
        content = (tmp_path / still["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == still["sha256"]
        with Image.open(tmp_path / still["file"]) as image:
            assert image.info["Description"] == LABEL


def test_without_a_measured_shade_none_is_promised(small_pictures: None, tmp_path: Path) -> None:
    worn = shortened(symmetric(), 21, 1.0)
    design = restored(worn, symmetric(), 21)
    told, _ = write_preview(tmp_path, worn, design, assess(worn), assess(worn, design))
    assert told.shade is None
    assert "Shade not measured" in told.uncertainty


def test_a_design_that_restores_nothing_has_no_after(tmp_path: Path) -> None:
    smile = _smile()
    with pytest.raises(StageError, match="restores nothing"):
        write_preview(tmp_path, symmetric(), Design(restorations=()), smile, smile)
    assert not list(tmp_path.iterdir())


def test_layers_are_planned_for_restored_front_teeth() -> None:
    worn = shortened(symmetric(), 21, 1.0)
    after = assess(worn, restored(worn, symmetric(), 21), settings=SHADE)
    assert [p.fdi for p in after.layering] == [21]
    assert all(z.total_mm == pytest.approx(1.5, abs=0.05) for z in after.layering[0].zones)
    assert after.shade is not None
    assert set(after.shade.warnings) <= set(after.warnings)
