import numpy as np
import pytest

from oral_architect.findings.measure import prisms_mm3
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface

from .conftest import DAMAGES


def test_every_damaged_tooth_is_found(damaged):
    _, _, findings = damaged
    assert {f.fdi for f in findings.items} == set(DAMAGES)
    assert all(f.restore for f in findings.items)


@pytest.mark.parametrize(("fdi", "kind"), [(16, "wear"), (24, "fracture"), (25, "cavity"), (21, "fracture")])
def test_the_loss_is_named(damaged, fdi, kind):
    _, _, findings = damaged
    assert [f.kind for f in findings.items if f.fdi == fdi] == [kind]


def test_wear_of_a_molar_is_occlusal(damaged):
    _, _, findings = damaged
    (wear,) = [f for f in findings.items if f.fdi == 16]
    assert wear.surfaces == ("O",)


def test_the_depth_is_the_true_one_within_a_quarter_millimetre(damaged):
    landscape, truths, findings = damaged
    for finding in findings.items:
        truth, crown = truths[finding.fdi], landscape.crown(finding.fdi)
        from_outside = Surface(crown).nearest(truth.shell.vertices[truth.lost]).distance_mm.max()
        from_inside = Surface(truth.shell).nearest(crown.vertices[truth.lost]).distance_mm.max()
        assert finding.max_depth.value == pytest.approx(max(from_outside, from_inside), abs=0.25)


def test_the_expected_form_is_the_intact_tooth_within_a_quarter_millimetre(damaged):
    _, truths, findings = damaged
    for fdi in findings.compared:
        away = Surface(findings.shapes[f"expected_{fdi}"]).nearest(truths[fdi].shell.vertices).distance_mm
        assert np.sqrt(np.mean(away**2)) < 0.25
        if truths[fdi].lost.any():
            assert np.sqrt(np.mean(away[truths[fdi].lost] ** 2)) < 0.25


def test_evidence_names_model_twin_and_neighbours(damaged):
    _, _, findings = damaged
    (broken,) = [f for f in findings.items if f.fdi == 24]
    text = " ".join(broken.evidence)
    assert "shape model" in text
    assert "mirror twin" in text
    assert "other sound teeth" in text


def test_loss_has_one_value_per_crown_vertex(damaged):
    landscape, _, findings = damaged
    for fdi in findings.compared:
        assert findings.arrays[f"loss_{fdi}"].shape == (len(landscape.crown(fdi).vertices),)


def test_prisms_fill_a_slab_exactly():
    square = Mesh(np.array([[0.0, 0, 0], [2, 0, 0], [2, 3, 0], [0, 3, 0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    assert prisms_mm3(square, square.vertices + np.array([0.3, 0.1, 0.5])) == pytest.approx(3.0)
