"""Damage keeps a crown closed, only takes away, leaves the rest alone and tells the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oral_architect.errors import SettingsError, StageError
from oral_architect.geometry.mesh import Mesh
from oral_architect.phantom.crown_parts import CrownParts
from oral_architect.phantom.damage import KINDS, Damage, DamagedCrown, damage, surface_distance
from oral_architect.teeth.shape_model import crown_model

FDIS = (16, 11, 34, 43)
few = settings(max_examples=18, deadline=None, suppress_health_check=[HealthCheck.too_slow])
specs = st.builds(
    Damage,
    kind=st.sampled_from(KINDS),
    severity=st.floats(0, 1),
    gingiva_mm=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)


@cache
def _crown(fdi: int) -> Mesh:
    return crown_model(fdi).crown()


def _hurt(fdi: int, spec: Damage) -> tuple[Mesh, DamagedCrown]:
    crown = _crown(fdi)
    return crown, damage(crown, fdi, spec, np.random.default_rng(0))


@few
@given(fdi=st.sampled_from(FDIS), spec=specs)
def test_a_damaged_crown_is_closed_and_has_lost_volume(fdi: int, spec: Damage) -> None:
    crown, hurt = _hurt(fdi, spec)
    assert hurt.mesh.is_watertight
    directed = hurt.mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    assert len(np.unique(directed, axis=0)) == len(directed)
    assert 0 < hurt.lost_volume_mm3 < 0.75 * crown.volume_mm3
    assert hurt.lost_volume_mm3 == pytest.approx(crown.volume_mm3 - hurt.mesh.volume_mm3)


@few
@given(fdi=st.sampled_from(FDIS), spec=specs)
def test_what_is_not_damaged_stays_where_it_was(fdi: int, spec: Damage) -> None:
    crown, hurt = _hurt(fdi, spec)
    kept = {tuple(v) for v in hurt.mesh.vertices}
    untouched = [tuple(v) in kept for v in crown.vertices]
    away = surface_distance(crown.vertices, hurt.mesh) > 1e-6
    assert np.mean(untouched) > 0.15
    # Every intact vertex is either still there, or its place is really gone.
    assert np.mean(np.logical_or(untouched, away)) > 0.995


@few
@given(fdi=st.sampled_from(FDIS), spec=specs)
def test_the_truth_names_what_was_lost(fdi: int, spec: Damage) -> None:
    crown, hurt = _hurt(fdi, spec)
    assert hurt.loss_mm.shape == (len(hurt.mesh.vertices),)
    assert hurt.intact_lost.shape == (len(crown.vertices),)
    assert hurt.loss_mm.max() > 0.02
    assert (hurt.loss_mm >= 0).all()
    assert set(hurt.surfaces) <= {"M", "D", "B", "L", "I" if fdi % 10 <= 3 else "O"}
    assert hurt.spec.form is not None
    assert hurt.spec.parameters["depth_mm"] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_crown(kind: str) -> None:
    spec = Damage.model_validate({"kind": kind, "seed": 5})
    first, second = _hurt(16, spec)[1], _hurt(16, spec)[1]
    assert first.mesh.vertices.tobytes() == second.mesh.vertices.tobytes()
    assert first.mesh.faces.tobytes() == second.mesh.faces.tobytes()
    assert first.spec == second.spec


@pytest.mark.parametrize(("kind", "form"), [("wear", "flat"), ("fracture", "edge"), ("thinning", None)])
def test_more_severe_damage_takes_more(kind: str, form: str | None) -> None:
    lost = [
        _hurt(16, Damage.model_validate({"kind": kind, "form": form, "severity": s, "seed": 3}))[1].lost_volume_mm3
        for s in (0.1, 0.5, 0.95)
    ]
    assert lost == sorted(lost)


@pytest.mark.parametrize(
    ("fdi", "surfaces", "form", "touched"),
    [(16, ("O",), "I", "O"), (16, ("M", "O"), "II", "M"), (46, ("D", "O"), "II", "D"), (11, ("B",), "V", "B")],
)
def test_a_cavity_strikes_the_surfaces_asked_for(fdi: int, surfaces: tuple[str, ...], form: str, touched: str) -> None:
    spec = Damage(kind="cavity", severity=0.6, surfaces=surfaces, seed=2, gingiva_mm=0.5)
    hurt = _hurt(fdi, spec)[1]
    assert hurt.spec.form == form
    assert touched in hurt.surfaces


def test_erosion_leaves_an_enamel_rim_at_the_gingiva() -> None:
    spec = Damage(kind="erosion", severity=0.8, surfaces=("B",), seed=1, gingiva_mm=0.5)
    crown, hurt = _hurt(11, spec)
    above = CrownParts(crown, 11, 0.5).above_gingiva_mm(hurt.mesh.vertices)
    assert hurt.loss_mm[above < 0.2].max() == 0
    assert hurt.loss_mm[above > 1.5].max() > 0.3


def test_an_impossible_wish_is_refused_in_words() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(SettingsError, match="no form 'moon'"):
        damage(_crown(16), 16, Damage(kind="wear", form="moon"), rng)
    with pytest.raises(SettingsError, match="no surface"):
        damage(_crown(16), 16, Damage(kind="cavity", surfaces=("X",)), rng)


def test_an_open_crown_is_refused() -> None:
    crown = _crown(16)
    opened = Mesh(crown.vertices, crown.faces[:-5])
    with pytest.raises(StageError, match="not closed"):
        damage(opened, 16, Damage(kind="fracture"), np.random.default_rng(0))
