"""Labelled stills: every visible tooth has its number, numbers do not cover each other, only what is seen is marked."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from oral_architect.anatomy.document import Landmark, Landscape
from oral_architect.geometry.render import Camera
from oral_architect.web import arch_stills as stills
from oral_architect.web.annotate import LETTER, Annotation, Label, place_around, place_in_rows, spread
from oral_architect.web.palette import colour, tooth_colour
from oral_architect.web.sheets import write_sheets
from sample_documents import sample_landscape

SMALL = 0.35
SIZE = (600, 480)


@pytest.fixture(scope="module")
def landscape() -> Landscape:
    return sample_landscape()


@pytest.fixture(scope="module")
def pictures(landscape: Landscape) -> dict[str, np.ndarray]:
    return stills.arch_stills(landscape, scale=SMALL)


def camera() -> Camera:
    return Camera(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]), np.zeros(3), 10.0, SIZE)


def tooth_at(x: float, y: float, up: bool = True) -> Label:
    corner = np.array([[-9, -12], [9, -12], [9, 12], [-9, 12]])
    return Label("11", corner + np.array([x, y]), np.array([0.0, -1.0 if up else 1.0]))


def test_two_jaws_give_five_views_and_one_jaw_four(pictures: dict[str, np.ndarray]) -> None:
    assert set(pictures) == {"occlusal_upper", "occlusal_lower", "frontal", "right", "left"}
    alone = stills.arch_stills(sample_landscape(("lower",)), scale=0.2)
    assert set(alone) == {"occlusal_lower", "frontal", "right", "left"}


def test_the_same_landscape_gives_the_same_pixels(landscape: Landscape, pictures: dict[str, np.ndarray]) -> None:
    again = stills.labelled_still(landscape, stills.STILLS[0], scale=SMALL)
    assert np.array_equal(again, pictures["occlusal_upper"])


def test_a_landscape_without_scans_has_no_stills(landscape: Landscape) -> None:
    assert stills.arch_stills(landscape.model_copy(update={"shapes": {}})) == {}


def test_every_tooth_is_numbered_from_above_and_only_its_side_from_the_side(
    landscape: Landscape, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Annotation, "labels", lambda _self, labels: told.extend(x.text.rstrip("?") for x in labels))
    stills.labelled_still(landscape, stills.STILLS[1], scale=0.15)
    lower = sorted(str(f) for a in landscape.arches if a.jaw == "lower" for f in a.teeth)
    assert sorted(told) == lower
    told.clear()
    stills.labelled_still(landscape, stills.STILLS[3], scale=0.15)
    assert told
    assert {int(t) // 10 for t in told} <= {1, 4}


def test_a_doubtful_number_carries_a_question_mark(landscape: Landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Label] = []
    monkeypatch.setattr(Annotation, "labels", lambda _self, labels: told.extend(labels))
    stills.labelled_still(landscape, stills.STILLS[1], scale=0.15)
    assert [x.text for x in told if x.doubtful] == ["47?"]


def test_a_landmark_behind_the_surface_is_not_drawn(landscape: Landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    crown = landscape.crown(16).vertices
    top, bottom = crown[crown[:, 2].argmin()], crown[crown[:, 2].argmax()]
    marks = tuple(
        Landmark(fdi=16, kind=kind, name="x", at_mm=tuple(map(float, at)))  # type: ignore[arg-type]
        for kind, at in (("cusp_tip", top), ("fa_point", bottom))
    )
    drawn: list[str] = []
    monkeypatch.setattr(Annotation, "mark", lambda _self, _at, kind: drawn.append(kind))
    seen = landscape.model_copy(update={"landmarks": marks})
    stills.labelled_still(seen, stills.STILLS[0], scale=0.15)
    assert drawn == ["cusp_tip"]


@given(
    wanted=st.lists(st.floats(0, 1000), min_size=1, max_size=20).map(sorted),
    least=st.floats(1, 40),
)
def test_spread_places_keep_their_order_distance_and_bounds(wanted: list[float], least: float) -> None:
    places = spread(np.array(wanted), least, 0, 1000)
    assert (np.diff(places) >= least - 1e-6).all()
    assert places[0] >= -1e-6
    assert places[-1] <= 1000 + 1e-6 or least * (len(wanted) - 1) > 1000


@given(wanted=st.lists(st.integers(0, 10), min_size=1, max_size=8, unique=True).map(sorted))
def test_places_far_enough_apart_stay_where_they_are(wanted: list[int]) -> None:
    assert spread(np.array(wanted) * 50.0, 49, 0, 500).tolist() == [w * 50.0 for w in wanted]


@given(places=st.lists(st.tuples(st.integers(120, 480), st.integers(100, 380)), min_size=1, max_size=10, unique=True))
def test_numbers_in_rows_never_touch(places: list[tuple[int, int]]) -> None:
    placed = place_in_rows([tooth_at(x, y, up=i % 2 == 0) for i, (x, y) in enumerate(places)], SIZE)
    assert len(placed) == len(places)
    for a, b in combinations(placed, 2):
        assert a.at[1] != b.at[1] or abs(a.at[0] - b.at[0]) >= 2 * LETTER * SIZE[0]


def test_numbers_around_an_arch_of_crowded_teeth_do_not_touch() -> None:
    angle = np.linspace(np.pi, 2 * np.pi, 16)
    teeth = [tooth_at(300 + 170 * np.cos(a), 330 + 200 * np.sin(a)) for a in angle]
    placed = place_around(teeth, SIZE)
    letter = LETTER * SIZE[0]
    for a, b in combinations(placed, 2):
        apart = np.abs(np.subtract(a.at, b.at))
        assert apart[0] > 1.7 * letter or apart[1] > 1.1 * letter


def test_a_line_is_drawn_only_where_it_is_seen() -> None:
    white = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    sheet = Annotation(white, camera())
    points = np.stack([np.linspace(-25, 25, 101), np.zeros(101), np.zeros(101)], axis=1)
    sheet.line(points, points[:, 0] < 0, "margin")
    dark = (sheet.picture() < 200).any(axis=2).any(axis=0)
    assert dark[60:290].all()
    assert not dark[310:].any()


def test_each_kind_of_landmark_has_a_form_of_its_own() -> None:
    forms = set()
    for kind in ("cusp_tip", "incisal_edge", "central_fossa", "contact_point", "fa_point", "zenith"):
        sheet = Annotation(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8), camera())
        sheet.mark(np.zeros(3), kind)
        forms.add(sheet.picture().tobytes())
    assert len(forms) == 6


def test_milk_and_supernumerary_teeth_have_colours_of_their_own() -> None:
    assert not np.allclose(tooth_colour(53), tooth_colour(13))
    assert np.allclose(tooth_colour(19), colour("supernumerary"))
    assert (tooth_colour(53) >= tooth_colour(13) - 1e-9).all()


def test_sheets_hold_chart_stills_and_measures(landscape: Landscape, tmp_path: Path) -> None:
    files = write_sheets(tmp_path / "Blätter", sample_landscape(("lower",)), title="Müller")
    names = {p.name for p in files}
    assert names == {
        "chart.svg", "measures.csv", "measures.json", "occlusal_lower.png", "frontal.png", "right.png", "left.png",
    }  # fmt: skip
    table = (tmp_path / "Blätter" / "measures.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "of,measure,value,unit,accuracy,note"
    assert len(table) == 1 + 3 * 13
    told = json.loads((tmp_path / "Blätter" / "measures.json").read_text(encoding="utf-8"))
    assert {t["fdi"] for t in told["teeth"]} == {f for a in told["arches"] for f in a["teeth"]}
    with Image.open(tmp_path / "Blätter" / "frontal.png") as image:
        assert image.size == (1200, 620)


def test_a_name_that_ends_in_svg_gets_the_chart_alone(landscape: Landscape, tmp_path: Path) -> None:
    assert write_sheets(tmp_path / "chart.svg", landscape) == (tmp_path / "chart.svg",)
    assert (tmp_path / "chart.svg").read_text(encoding="utf-8").startswith("<svg")
