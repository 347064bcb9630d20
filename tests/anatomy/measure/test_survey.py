"""The anatomy stage gives landmarks and measures with their accuracy, and a case keeps them."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np

from oral_architect.anatomy import Landscape
from oral_architect.anatomy.document import Landmark
from oral_architect.anatomy.measure.accuracy import with_accuracy
from oral_architect.anatomy.measure.survey import survey
from small_patient import patient

from ..test_stage import landscape


def to_lps(jaw: str) -> np.ndarray:
    arch = next(a for a in landscape().arches if a.jaw == jaw)
    return np.linalg.inv(np.array(arch.to_patient) @ np.array(patient().to_scan))


def test_every_tooth_has_widths_and_points() -> None:
    found = landscape()
    for tooth in found.teeth:
        width = found.measure("width_md", fdi=tooth.fdi)
        assert width is not None
        assert width.value == tooth.width_md_mm
        assert sum(x.fdi == tooth.fdi for x in found.landmarks) >= 2, tooth.fdi
    assert len({(x.fdi, x.kind, x.name) for x in found.landmarks}) == len(found.landmarks)


def test_incisal_midpoints_lie_on_the_true_crowns() -> None:
    away = []
    for fdi in (11, 12, 22, 31, 32, 41, 42):
        mark = landscape().landmark(fdi, "incisal_edge", "midpoint")
        if mark is None:
            continue
        matrix = to_lps("upper" if fdi < 30 else "lower")
        at = matrix[:3, :3] @ np.array(mark.at_mm) + matrix[:3, 3]
        crown = patient().shapes[f"intact_{fdi}"].vertices
        axis = np.array(patient().tooth(fdi).axes[2])
        away.append(abs(float((at - crown[(crown @ axis).argmax()]) @ axis)))
    assert len(away) >= 6
    assert np.median(away) < 0.2


def test_widths_are_the_true_crowns_within_half_a_millimetre() -> None:
    off = []
    for tooth in landscape().teeth:
        truth = patient().tooth(tooth.fdi)
        along = patient().shapes[f"intact_{tooth.fdi}"].vertices @ np.array(truth.axes[0])
        off.append(abs(tooth.width_md_mm - float(np.ptp(along))))
    assert np.median(off) < 0.25


def test_arches_and_bite_are_measured() -> None:
    found = landscape()
    names = {m.name for m in found.measures}
    assert {"overjet", "overbite", "midline_between_arches", "intercanine_width", "intermolar_width"} <= names
    for jaw in ("upper", "lower"):
        assert found.arrays[f"arch_curve_{jaw}"].shape[1] == 3
        assert found.measure("intermolar_width", jaw=jaw) is not None
    assert found.arrays["incisal_edge_41"].shape[1] == 3


def test_the_lower_points_moved_with_the_lower_arch() -> None:
    for fdi in (36, 41, 46):
        marks = [np.array(x.at_mm) for x in landscape().landmarks if x.fdi == fdi and x.kind != "contact_point"]
        crown = landscape().crown(fdi).vertices
        for mark in marks:
            assert np.linalg.norm(crown - mark, axis=1).min() < 1.0


def test_accuracy_is_stated_where_it_was_measured() -> None:
    mark = Landmark(fdi=16, kind="cusp_tip", name="mesiobuccal", at_mm=(0, 0, 0))
    known = with_accuracy(mark).accuracy_mm
    assert known is not None
    assert 0 < known < 0.5
    assert with_accuracy(mark.model_copy(update={"name": "no such cusp"})).accuracy_mm is not None, "falls back on kind"
    assert all(m.accuracy is not None for m in landscape().measures if m.name in ("width_md", "overjet"))


def test_without_fitted_crowns_teeth_are_measured_as_far_as_their_surface_goes() -> None:
    bare = survey(landscape(), {})
    assert not any(x.kind == "cusp_tip" for x in bare.landmarks)
    assert bare.measure("width_bl", fdi=16) is not None


def test_a_case_keeps_landmarks_and_measures() -> None:
    text = landscape().model_dump_json()
    again = Landscape.model_validate_json(text)
    assert again.landmarks == landscape().landmarks
    assert again.measures == landscape().measures


def test_documents_from_before_are_still_read() -> None:
    old = {"arches": [], "teeth": [], "bite": None}
    read = Landscape.model_validate(old)
    assert read.landmarks == ()
    assert read.measures == ()
    assert read.measure("overjet") is None


def test_the_reference_page_states_the_committed_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/reference/measurements-of-teeth.md").read_text(encoding="utf-8")
    text = (files("oral_architect.anatomy") / "data/measurement_accuracy.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert {r["kind"] for r in rows} >= {"axis", "measure", "cusp_tip", "contact_point", "fa_point", "incisal_edge"}
    for r in rows:
        figures = f"{float(r['median_abs_error']):.2f} {r['unit']} | {float(r['p95_abs_error']):.2f} | {r['n']} |"
        assert any(figures in line and (r["name"] or r["kind"]) in line for line in page.splitlines()), r
        assert f"`{r['source']}`, commit {r['commit']}." in page
