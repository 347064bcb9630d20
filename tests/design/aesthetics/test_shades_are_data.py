"""Shades are data with provenance: differences as published, matches with their band, tables refused in words."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.design.aesthetics.shade.difference import acceptability, de00, de_ab, perceptibility
from oral_architect.design.aesthetics.shade.layering import ZONES, labial_thickness, layer_plan, translucency
from oral_architect.design.aesthetics.shade.match import MeasuredShade, inter_device, nearest_shade
from oral_architect.design.aesthetics.shade.table import ShadeTable, demo_shades, read_shades
from oral_architect.errors import InputError
from oral_architect.reference import find

from .mouths import plate

PAIRS = Path(__file__).with_name("ciede2000_pairs.csv")
"""Table 1 of Sharma, Wu, Dalal, Color Res Appl 2005;30:21."""
HEAD = "tab,L,a,b,sd,device,geometry,illuminant,observer,backing,source"
ROW = "A,75,1,18,0.4,Spectro 7,45/0,D65,2 deg,black,own calibration 2026-03"
lab = st.tuples(st.floats(20, 100), st.floats(-30, 30), st.floats(-30, 50))


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "clinic.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def test_ciede2000_gives_all_34_published_differences() -> None:
    with PAIRS.open(encoding="utf-8") as file:
        rows = np.array([[float(x) for x in row.values()] for row in csv.DictReader(file)])
    assert len(rows) == 34
    assert np.abs(de00(rows[:, :3], rows[:, 3:6]) - rows[:, 6]).max() < 5e-5
    assert np.abs(de00(rows[:, 3:6], rows[:, :3]) - rows[:, 6]).max() < 5e-5


@given(first=lab, second=lab)
@settings(deadline=None)
def test_a_difference_is_symmetric_and_nothing_to_itself(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    assert float(de00(first, first)) == pytest.approx(0, abs=1e-9)
    assert float(de00(first, second)) == pytest.approx(float(de00(second, first)), rel=1e-9, abs=1e-9)
    assert float(de_ab(first, second)) == pytest.approx(float(np.linalg.norm(np.subtract(first, second))))


@given(colour=lab)
@settings(deadline=None)
def test_one_colour_against_many_is_each_against_one(colour: tuple[float, float, float]) -> None:
    tabs = [t.lab for t in demo_shades().tabs]
    assert de00(colour, tabs).tolist() == [float(de00(colour, tab)) for tab in tabs]


@given(colour=lab, sd=st.floats(0, 6))
@settings(deadline=None)
def test_the_band_is_never_below_what_two_instruments_differ(colour: tuple[float, float, float], sd: float) -> None:
    match = nearest_shade(MeasuredShade(lab=colour, sd=sd), demo_shades())
    assert match.band_de00 >= inter_device().need("value") >= 2.2
    assert match.band_de00 >= sd
    distances = [c.de00 for c in match.candidates]
    assert distances == sorted(distances)
    assert match.candidates[0] == match.best
    all_of_them = de00(np.array(colour), np.array([t.lab for t in demo_shades().tabs]))
    assert match.best.de00 == pytest.approx(float(all_of_them.min()))
    assert len(match.candidates) == int((all_of_them <= all_of_them.min() + match.band_de00).sum())


def test_a_match_says_what_people_see_and_what_it_cannot_say() -> None:
    match = nearest_shade(MeasuredShade(lab=(75.0, 1.0, 19.0), device="Spectro 7"), demo_shades())
    assert match.best.tab == "demo D2"
    assert match.best.seen == "not perceptible"
    assert match.synthetic
    assert "synthetic" in match.words
    assert f"± {match.band_de00:.1f}" in match.words
    assert any("synthetic" in w for w in match.warnings)
    assert any("Spectro 7" in w for w in match.warnings)
    assert any("try-in" in w for w in match.warnings)
    assert match.perceptibility_de00 == perceptibility().need("value")
    assert match.acceptability_de00 == acceptability().need("value")


def test_a_clinics_own_table_is_read_from_csv_and_json(tmp_path: Path) -> None:
    table = read_shades(written(tmp_path, ROW, ROW.replace("A,75", "B,70")))
    assert [t.tab for t in table.tabs] == ["A", "B"]
    assert (table.device, table.illuminant, table.backing) == ("Spectro 7", "D65", "black")
    assert not table.synthetic
    path = tmp_path / "clinic.json"
    path.write_text(table.model_dump_json(), encoding="utf-8")
    assert read_shades(path) == table


@pytest.mark.parametrize(
    ("head", "rows", "said"),
    [
        (HEAD.replace(",source", ""), [ROW], "source is missing"),
        (HEAD.replace(",illuminant", "").replace(",backing", ""), [ROW], "illuminant, backing are missing"),
        (HEAD, [ROW, ROW.replace("75", "grey").replace("A,", "B,")], "line 3, L"),
        (HEAD, [ROW.replace("75", "175")], "line 2, L"),
        (HEAD, [ROW.replace("D65", "")], "illuminant"),
        (HEAD, [ROW, ROW], "comes twice"),
        (HEAD, [ROW, ROW.replace("A,", "B,").replace("D65", "A")], "line 3 has another illuminant"),
        (HEAD, [], "device"),
    ],
)
def test_a_table_without_provenance_is_refused_in_words(tmp_path: Path, head: str, rows: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_shades(written(tmp_path, *rows, head=head))
    assert "clinic.csv" in refused.value.where
    assert refused.value.todo


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe\x00", b'{"tabs": []}'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clinic.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_shades(path)
    assert refused.value.todo
    with pytest.raises(InputError):
        read_shades(tmp_path / "nowhere.csv")


def test_the_shipped_table_is_openly_synthetic_and_names_no_product() -> None:
    table = demo_shades()
    assert table.synthetic
    assert all(t.tab.startswith("demo ") for t in table.tabs)


def test_layers_fill_the_thickness_and_dentine_shows_less_under_thicker_enamel() -> None:
    plan = layer_plan(
        21, {"cervical": 0.3, "middle": 1.2, "incisal": 2.5}, MeasuredShade(lab=(74.0, 1, 18)), demo_shades()
    )
    assert tuple(z.zone for z in plan.zones) == ZONES
    tabs = {t.tab: t.layer for t in demo_shades().tabs}
    for zone in plan.zones:
        assert zone.dentine_mm + zone.enamel_mm == pytest.approx(zone.total_mm)
        assert tabs[zone.dentine_shade] == "dentine"
        assert tabs[zone.enamel_shade] == "enamel"
        assert zone.enamel_source
    cervical, middle, incisal = plan.zones
    assert cervical.dentine_mm == 0
    assert middle.dentine_share > incisal.dentine_share > 0
    assert "Qualitative" in plan.note


def test_translucency_meets_the_published_value_at_one_millimetre() -> None:
    row = find("tissue_properties", tissue="enamel", quantity="translucency_parameter")
    assert translucency(row, 1.0) == pytest.approx(row.need("value"))
    assert translucency(row, 0.0) == 100
    assert translucency(row, 2.0) < translucency(row, 1.0)


def test_thickness_is_taken_from_the_body_itself() -> None:
    axes = np.array([[0.0, 0, 1], [0, -1, 0], [1, 0, 0]])
    found = labial_thickness(plate((6.0, 1.5, 9.0), axes, np.array([5.0, -3, 2])), axes)
    assert set(found) == set(ZONES)
    assert all(v == pytest.approx(1.5, abs=0.01) for v in found.values())


def test_a_table_survives_being_written(tmp_path: Path) -> None:
    assert ShadeTable.model_validate(json.loads(demo_shades().model_dump_json())) == demo_shades()
