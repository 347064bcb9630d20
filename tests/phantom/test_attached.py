"""What is glued to a crown stands out of its wall; a restored crown keeps its place and loses its relief."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.errors import SettingsError
from oral_architect.geometry.closest import Surface
from oral_architect.phantom import dressing
from oral_architect.phantom.arch_form import draw_arch
from oral_architect.phantom.attached import KINDS, Kind, attach
from oral_architect.phantom.restored import restored
from oral_architect.phantom.sinking import neighbour_mean
from oral_architect.teeth.deciduous import model_of
from small_patient import FULL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fdi", [11, 24, 36, 55])
def test_an_attachment_stands_out_of_the_buccal_wall_only(fdi: int, kind: Kind) -> None:
    crown = model_of(fdi).crown()
    for seed in range(3):
        dressed = attach(crown, kind, np.random.default_rng(seed))
        assert dressed.is_watertight
        assert 0.5 < dressed.volume_mm3 - crown.volume_mm3 < 50
        out = Surface(crown).signed_distance_mm(dressed.vertices)
        assert 0.3 < out.max() < 4.0
        assert dressed.vertices[out > 0.2, 1].min() > 0, "nothing on the tongue's side"


def test_a_lingual_bracket_stands_on_the_tongues_side() -> None:
    crown = model_of(33).crown()
    dressed = attach(crown, "bracket", np.random.default_rng(0), lingual=True)
    out = Surface(crown).signed_distance_mm(dressed.vertices)
    assert dressed.vertices[out > 0.3, 1].max() < 0


@pytest.mark.parametrize("fdi", [16, 45, 85])
def test_a_restored_crown_is_as_high_and_flatter(fdi: int) -> None:
    crown = model_of(fdi).crown()
    flat = restored(crown, np.random.default_rng(1))
    assert flat.is_watertight
    assert abs(flat.vertices[:, 2].max() - crown.vertices[:, 2].max()) < 0.3
    upper = crown.vertices[:, 2] > np.quantile(crown.vertices[:, 2], 0.7)
    mean = neighbour_mean(crown)
    relief = [np.linalg.norm(mean @ m.vertices - m.vertices, axis=1)[upper].mean() for m in (crown, flat)]
    assert relief[1] < 0.8 * relief[0]
    low = crown.vertices[:, 2] < crown.vertices[:, 2].min() + 0.04 * np.ptp(crown.vertices[:, 2])
    np.testing.assert_allclose(flat.vertices[low], crown.vertices[low])


def test_an_unknown_kind_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="nothing called 'pearl'"):
        attach(model_of(11).crown(), "pearl", np.random.default_rng(0))  # type: ignore[arg-type]


def test_braces_go_on_every_grown_tooth_that_is_through_and_leave_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dressing, "BRACED_RATE", 1.0)
    monkeypatch.setattr(dressing, "RESTORED_RATE", 0.0)
    arch = draw_arch("lower", np.random.default_rng(3), FULL)
    crowns = {t.fdi: t.mesh for t in arch.present}
    first = dressing.dressed(arch, crowns, np.random.default_rng(0))
    again = dressing.dressed(arch, crowns, np.random.default_rng(0))
    assert list(first) == list(crowns)
    more = {fdi for fdi, crown in first.items() if crown.volume_mm3 > crowns[fdi].volume_mm3 + 1.0}
    assert len(more) >= 8
    for fdi, crown in first.items():
        assert crown.is_watertight
        assert crown.vertices.tobytes() == again[fdi].vertices.tobytes()
        assert fdi in more or crown is crowns[fdi]


def test_most_arches_stay_as_they_are() -> None:
    arch = draw_arch("upper", np.random.default_rng(3), FULL)
    crowns = {t.fdi: t.mesh for t in arch.present}
    changed = 0
    for seed in range(30):
        after = dressing.dressed(arch, crowns, np.random.default_rng(seed))
        changed += any(after[fdi] is not crown for fdi, crown in crowns.items())
    assert 2 <= changed <= 15
