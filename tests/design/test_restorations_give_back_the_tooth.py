import numpy as np
import pytest

from oral_architect import design
from oral_architect.design import DesignSettings
from oral_architect.geometry.closest import Surface

from .conftest import DAMAGES


def test_every_damaged_tooth_is_restored(mouth):
    _, _, _, made = mouth
    assert {r.fdi for r in made.restorations} == set(DAMAGES)


def test_every_restoration_is_closed_and_has_its_volume(mouth):
    _, _, _, made = mouth
    for restoration in made.restorations:
        body = made.shapes[f"restoration_{restoration.fdi}"]
        assert body.is_watertight
        assert body.volume_mm3 == pytest.approx(restoration.volume_mm3)
        assert body.volume_mm3 > 0


@pytest.mark.parametrize("fdi", sorted(DAMAGES))
def test_the_restored_surface_is_the_intact_one_within_a_quarter_millimetre(mouth, fdi):
    _, truths, _, made = mouth
    truth = truths[fdi]
    away = Surface(made.shapes[f"restored_{fdi}"]).nearest(truth.shell.vertices).distance_mm
    assert np.sqrt(np.mean(away**2)) < 0.25
    assert np.sqrt(np.mean(away[truth.lost] ** 2)) < 0.25


def test_sound_surface_is_not_covered(mouth):
    landscape, truths, _, made = mouth
    for fdi in DAMAGES:
        body, crown = made.shapes[f"restoration_{fdi}"], landscape.crown(fdi)
        lost = crown.vertices[truths[fdi].lost]
        sound = crown.vertices[~truths[fdi].lost]
        far = np.linalg.norm(sound[:, None] - lost[None], axis=2).min(axis=1) > 2.0
        outside = Surface(body).signed_distance_mm(sound[far])
        assert outside.min() > -1e-6


def test_a_tooth_that_cannot_be_designed_does_not_harm_the_others(mouth):
    landscape, _, found, _ = mouth
    shapes = {k: v for k, v in found.shapes.items() if k != "expected_16"}
    made = design.run(landscape, found.model_copy(update={"shapes": shapes}))
    assert {r.fdi for r in made.restorations} == set(DAMAGES) - {16}
    assert any("16" in sentence for sentence in made.skipped)


def test_only_the_teeth_asked_for_are_restored(mouth):
    landscape, _, found, _ = mouth
    made = design.run(landscape, found, DesignSettings(teeth=(25,)))
    assert [r.fdi for r in made.restorations] == [25]
    assert len(made.skipped) == len(found.items) - 1
