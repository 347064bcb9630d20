"""What is measured on a smile is its own: symmetric where it is, unmoved by moving, right about a change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from oral_architect.case import document_schema
from oral_architect.case.files import from_files, to_files
from oral_architect.design.aesthetics.assessment import assess
from oral_architect.design.aesthetics.document import Aesthetics, Observation
from oral_architect.errors import StageError

from .mouths import changed, moved, restored, shortened, symmetric


@pytest.fixture(scope="module")
def smile() -> Aesthetics:
    return assess(symmetric())


def value(smile: Aesthetics, name: str, *teeth: int) -> float:
    found = observed(smile, name, *teeth).value
    assert found is not None
    return found


def observed(smile: Aesthetics, name: str, *teeth: int) -> Observation:
    found = smile.observation(name, *teeth)
    assert found is not None
    return found


def test_a_mirrored_mouth_is_symmetric(smile: Aesthetics) -> None:
    assert value(smile, "midline_deviation", 11, 21) == pytest.approx(0, abs=1e-6)
    assert value(smile, "midline_angulation", 11, 21) == pytest.approx(0, abs=1e-6)
    assert value(smile, "incisal_cant") == pytest.approx(0, abs=1e-6)
    assert value(smile, "gingival_cant", 13, 23) == pytest.approx(0, abs=1e-6)
    for k in (1, 2, 3):
        pair = (10 + k, 20 + k)
        for name in ("edge_asymmetry", "gingival_asymmetry", "width_asymmetry"):
            assert value(smile, name, *pair) == pytest.approx(0, abs=1e-6)
        for name in ("mirror_place", "mirror_form"):
            assert value(smile, name, *pair) < 1e-6
        for name in ("clinical_width", "clinical_length", "width_to_length", "apparent_share", "zenith_distal"):
            assert value(smile, name, pair[0]) == pytest.approx(value(smile, name, pair[1]), abs=1e-6)


def test_shares_of_the_front_add_up(smile: Aesthetics) -> None:
    assert sum(value(smile, "apparent_share", f) for f in (13, 12, 11, 21, 22, 23)) == pytest.approx(100)
    widths = {t.fdi: t.apparent_mm[1] - t.apparent_mm[0] for t in smile.teeth}
    assert value(smile, "apparent_ratio", 12, 11) == pytest.approx(widths[12] / widths[11])


@given(turn=st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1), shift=st.floats(-60, 60))
@settings(max_examples=4, deadline=None)
def test_moving_the_mouth_changes_nothing(turn: tuple[float, ...], shift: float) -> None:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(turn).as_matrix()
    matrix[:3, 3] = (shift, -shift / 2, shift / 3)
    straight = assess(symmetric())
    askew = assess(moved(symmetric(), matrix))
    assert [(o.name, o.teeth, o.verdict) for o in askew.observations] == [
        (o.name, o.teeth, o.verdict) for o in straight.observations
    ]
    for a, b in zip(askew.observations, straight.observations, strict=True):
        assert a.value == pytest.approx(b.value, abs=2e-3)
        if b.at is not None and a.at is not None and not a.name.startswith(("mirror", "incisal_cant")):
            tied = abs(b.value or 0) < 1e-3  # which of two equal places is named is left to rounding
            assert tied or np.allclose(matrix[:3, :3] @ b.at + matrix[:3, 3], a.at, atol=0.05)


def test_an_incisor_one_millimetre_short_is_found(smile: Aesthetics) -> None:
    worn = assess(shortened(symmetric(), 21, 1.0))
    asymmetry = observed(worn, "edge_asymmetry", 11, 21)
    assert asymmetry.value == pytest.approx(1.0, abs=0.1)
    assert asymmetry.verdict == "warn"
    assert asymmetry.limit == 0.5
    assert "21 is the shorter" in asymmetry.note
    assert asymmetry.at is not None
    assert np.linalg.norm(np.array(asymmetry.at) - symmetric().tooth(21).centroid_mm) < 7
    lost = value(smile, "clinical_length", 21) - value(worn, "clinical_length", 21)
    assert lost == pytest.approx(1.0, abs=0.1)
    assert value(worn, "clinical_length", 11) == pytest.approx(value(smile, "clinical_length", 11), abs=1e-9)
    assert value(worn, "mirror_form", 11, 21) > 0.05


def test_the_designed_form_is_measured_in_its_place(smile: Aesthetics) -> None:
    worn = shortened(symmetric(), 21, 1.0)
    after = assess(worn, restored(worn, symmetric(), 21))
    assert {t.fdi for t in after.teeth if t.restored} == {21}
    for o in smile.observations:
        assert value(after, o.name, *o.teeth) == pytest.approx(o.value, abs=1e-6)


def test_a_gap_and_a_shifted_midline_are_found(smile: Aesthetics) -> None:
    narrow = changed(symmetric(), 21, lambda local: local - [3.5, 0, 0])
    found = assess(narrow)
    gap = observed(found, "diastema", 11, 21)
    assert gap.value == pytest.approx(value(smile, "diastema", 11, 21) + 3.5, abs=0.2)
    assert gap.verdict == "warn"
    assert value(found, "midline_deviation", 11, 21) == pytest.approx(1.75, abs=0.15)


def test_a_figure_from_memory_informs_and_does_not_judge(smile: Aesthetics) -> None:
    for o in smile.observations:
        if o.verdict != "information":
            assert o.standing in ("read", "secondary", "measured", "computed")
            assert o.limit is not None
        assert all(n.source and n.standing for n in o.norms)
    arc = observed(smile, "smile_arc_depth")
    assert arc.verdict == "information"
    assert len(smile.checks) == sum(o.verdict != "information" for o in smile.observations)
    assert all(c.source and c.standing and c.at is not None for c in smile.checks)


def test_every_place_to_look_at_lies_on_the_teeth(smile: Aesthetics) -> None:
    crowns = np.concatenate([m.vertices for k, m in symmetric().shapes.items() if k.startswith("crown")])
    for o in smile.observations:
        assert o.at is not None
        assert np.linalg.norm(crowns - o.at, axis=1).min() < 5.0


def test_a_missing_tooth_is_named_and_the_rest_measured() -> None:
    whole = symmetric()
    teeth = tuple(t for t in whole.teeth if t.fdi != 12)
    found = assess(whole.model_copy(update={"teeth": teeth}))
    assert any("12" in w for w in found.warnings)
    assert found.observation("apparent_share", 11) is None
    assert found.observation("clinical_width", 12) is None
    assert found.observation("clinical_width", 22) is not None


def test_a_mouth_without_upper_front_teeth_is_refused_in_words() -> None:
    whole = symmetric()
    back = whole.model_copy(update={"teeth": tuple(t for t in whole.teeth if t.fdi % 10 > 2)})
    with pytest.raises(StageError, match="front tooth") as refused:
        assess(back)
    assert refused.value.todo


def test_the_document_comes_back_as_it_was(smile: Aesthetics, tmp_path: object) -> None:
    files = dict(to_files("aesthetics", smile))
    again = from_files(Aesthetics, files["aesthetics.json"], lambda name: files[name], where="here")
    assert again == smile.model_copy(update={"arrays": again.arrays, "shapes": again.shapes})
    assert all((again.arrays[k] == smile.arrays[k]).all() for k in smile.arrays)
    assert {"observations", "to_smile", "arrays"} <= set(document_schema(Aesthetics)["properties"])


def test_the_same_mouth_gives_the_same_bytes(smile: Aesthetics) -> None:
    assert dict(to_files("a", assess(symmetric()))) == dict(to_files("a", smile))
