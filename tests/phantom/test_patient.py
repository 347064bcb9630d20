"""A patient is the same for the same seed, and everything told about it is so."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.case.files import content_digest
from oral_architect.errors import SettingsError
from oral_architect.geometry.closest import Surface
from oral_architect.phantom.patient import JAWS, Harm, PhantomSettings, run
from oral_architect.teeth import fdi as numbers
from small_patient import FULL, HARMS, SETTINGS, patient


def test_the_same_seed_gives_the_same_patient_to_the_last_byte() -> None:
    again = run(SETTINGS)
    assert content_digest(again) == content_digest(patient())


def test_every_shape_and_array_that_is_promised_is_there() -> None:
    teeth = {t.fdi for t in patient().teeth}
    assert teeth == {t for t in numbers.PERMANENT if numbers.position(t) < 8}
    assert set(patient().absent) == {18, 28, 38, 48}
    for fdi in teeth:
        assert patient().shapes[f"intact_{fdi}"].is_watertight
        assert patient().shapes[f"crown_{fdi}"].is_watertight
        intact = Surface(patient().shapes[f"intact_{fdi}"])
        assert intact.nearest(patient().arrays[f"margin_{fdi}"]).distance_mm.max() < 1e-6
    for jaw in JAWS:
        assert len(patient().arrays[f"labels_{jaw}"]) == len(patient().shapes[f"{jaw}_scan"].vertices)


def test_harm_is_told_and_only_where_it_was_done() -> None:
    harmed = {h.fdi for h in HARMS}
    for tooth in patient().teeth:
        intact, crown = patient().shapes[f"intact_{tooth.fdi}"], patient().shapes[f"crown_{tooth.fdi}"]
        if tooth.fdi in harmed:
            assert tooth.harm is not None
            assert tooth.lost_volume_mm3 == pytest.approx(intact.volume_mm3 - crown.volume_mm3, rel=1e-6)
            assert tooth.lost_volume_mm3 > 1
            assert tooth.surfaces
        else:
            assert (tooth.harm, tooth.lost_volume_mm3, tooth.surfaces) == (None, 0.0, ())
            np.testing.assert_array_equal(intact.vertices, crown.vertices)


@pytest.mark.parametrize("jaw", JAWS)
def test_labels_of_the_scan_are_true_up_to_the_scanners_noise(jaw: numbers.Jaw) -> None:
    scan = patient().shapes[f"{jaw}_scan"].transformed(np.linalg.inv(np.array(patient().to_scan)))
    labels = patient().arrays[f"labels_{jaw}"]
    assert set(labels.tolist()) == {0, *(t for t in numbers.arch(jaw) if numbers.position(t) < 8)}
    for fdi in sorted(set(labels.tolist()) - {0})[::3]:
        away = Surface(patient().shapes[f"crown_{fdi}"]).nearest(scan.vertices[labels == fdi]).distance_mm
        assert np.quantile(away, 0.9) < 0.15, fdi


def test_both_scans_lie_in_one_frame_and_in_bite() -> None:
    matrix = np.array(patient().to_scan)
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-9)
    upper = Surface(patient().shapes["upper_scan"])
    near = upper.nearest(patient().shapes["lower_scan"].vertices).distance_mm
    assert near.min() < 0.3


def test_axes_are_mesial_buccal_and_occlusal() -> None:
    for tooth in patient().teeth:
        axes = np.array(tooth.axes)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
        assert axes[2, 2] * (-1 if numbers.jaw_of(tooth.fdi) == "upper" else 1) > 0.5
        if numbers.position(tooth.fdi) >= 6:
            assert axes[1, 0] * (1 if numbers.is_left(tooth.fdi) else -1) > 0.3, "buccal is away from the tongue"
            assert axes[0, 1] < 0, "mesial is forward"


def test_a_tooth_that_is_not_there_cannot_be_harmed() -> None:
    with pytest.raises(SettingsError, match="tooth 18 is not in the mouth") as raised:
        run(PhantomSettings(seed=3, form=FULL, harms=(Harm(fdi=18),)))
    assert "17" in raised.value.todo
    with pytest.raises(KeyError):
        patient().tooth(18)
