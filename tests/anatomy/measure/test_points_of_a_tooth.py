"""Named points lie where the geometry says, move with the tooth and mirror with its twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oral_architect.anatomy.measure.contacts import contact_points
from oral_architect.anatomy.measure.cusps import cusps_and_fossae
from oral_architect.anatomy.measure.edges import incisal_edge
from oral_architect.anatomy.measure.facial import facial_axis
from oral_architect.anatomy.measure.places import places
from oral_architect.anatomy.measure.section import highest, section
from oral_architect.anatomy.measure.summit import summit
from oral_architect.anatomy.measure.view import CrownView
from oral_architect.anatomy.measure.widths import widths
from oral_architect.geometry import Mesh
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

from .model_views import model_crown, model_view, view_of

TEETH = (11, 22, 13, 14, 25, 16, 27, 31, 42, 43, 34, 45, 46, 37)


def points(view: CrownView) -> dict[tuple[str, str], np.ndarray]:
    """All points of one tooth, patient frame."""
    found = cusps_and_fossae(view)
    edge = incisal_edge(view)
    found += [] if edge is None else edge.points
    at = {(f.kind, f.name): f.at for f in found if f.at is not None}
    facial = facial_axis(view, at)
    found += [facial.fa_point, facial.zenith, *contact_points({view.fdi: view})[view.fdi]]
    return {(f.kind, f.name): view.world(f.at) for f in found if f.at is not None}


def hill(height_mm: float = 1.0, noise_mm: float = 0.0, at: tuple[float, float] = (0.3, -0.2)) -> np.ndarray:
    """A paraboloid hill on a plane, points every 0.3 mm."""
    x, y = np.meshgrid(np.arange(-4, 4, 0.3), np.arange(-4, 4, 0.3), indexing="ij")
    z = height_mm * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 2)
    z = z + noise_mm * np.random.default_rng(5).standard_normal(z.shape)
    return np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)


def test_a_summit_is_found_between_the_vertices() -> None:
    top = summit(hill(), np.array([0.8, 0.4, 1.0]), np.array([0, 0, 1.0]))
    assert top is not None
    np.testing.assert_allclose(top, (0.3, -0.2, 1.0), atol=0.05)


def test_noise_moves_a_summit_by_little() -> None:
    top = summit(hill(noise_mm=0.02), np.array([0.8, 0.4, 1.0]), np.array([0, 0, 1.0]))
    assert top is not None
    assert np.linalg.norm(top[:2] - (0.3, -0.2)) < 0.25


def test_a_slope_has_no_summit() -> None:
    slope = hill(0.0)
    slope[:, 2] = slope[:, 0]
    assert summit(slope, np.zeros(3), np.array([0, 0, 1.0])) is None


def test_a_pit_is_a_summit_upside_down() -> None:
    pit = summit(hill() * (1, 1, -1), np.array([0.8, 0.4, -1.0]), np.array([0, 0, -1.0]))
    assert pit is not None
    np.testing.assert_allclose(pit, (0.3, -0.2, -1.0), atol=0.05)


def test_a_section_through_a_wedge_is_its_profile() -> None:
    wedge = Mesh(
        np.array([[-2, -1, 0], [2, -1, 0], [-2, 1, 0], [2, 1, 0], [-2, 0, 3], [2, 0, 3]], dtype=float),
        np.array([[0, 1, 5], [0, 5, 4], [3, 2, 4], [3, 4, 5]]),
    )
    pieces = section(wedge, 0.5)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(2 * np.hypot(1, 3))
    top = highest(pieces)
    assert top is not None
    np.testing.assert_allclose(top, (0, 3), atol=0.02)


@pytest.mark.parametrize("fdi", TEETH)
def test_every_tooth_has_all_its_points(fdi: int) -> None:
    found = points(model_view(fdi))
    wanted = {(p.kind, p.name) for p in places(fdi)} | {
        ("fa_point", "fa"), ("zenith", "zenith"), ("contact_point", "mesial"), ("contact_point", "distal"),
    }  # fmt: skip
    if numbers.is_anterior(fdi):
        wanted |= {("incisal_edge", "mesial"), ("incisal_edge", "distal")}
    if numbers.position(fdi) < 3:
        wanted |= {("incisal_edge", "midpoint")}
    missing = wanted - set(found)
    assert len(missing) <= 1, missing  # the distolingual cusp of a mean crown may be blunt
    view = model_view(fdi)
    local = {key: view.local(p) for key, p in found.items()}
    assert local["contact_point", "mesial"][0] > 2
    assert local["contact_point", "distal"][0] < -2
    assert local["fa_point", "fa"][1] > local["contact_point", "mesial"][1] - 0.5
    assert local["zenith", "zenith"][2] < local["fa_point", "fa"][2]


@pytest.mark.parametrize("fdi", [13, 14, 16, 36, 47])
def test_tips_are_where_the_model_has_them(fdi: int) -> None:
    view = model_view(fdi)
    assert view.fitted is not None
    for place, found in zip(places(fdi), cusps_and_fossae(view), strict=True):
        if found.at is not None:
            assert np.linalg.norm(found.at - view.fitted[place.row]) < 0.4, place.name


@pytest.mark.parametrize("fdi", [11, 43, 15, 46])
def test_twins_have_mirrored_points(fdi: int) -> None:
    one, other = points(model_view(fdi)), points(model_view(numbers.mirror(fdi)))
    assert set(one) == set(other)
    for key, point in one.items():
        np.testing.assert_allclose(point * (-1, 1, 1), other[key], atol=1e-6)


@settings(max_examples=8, deadline=None)
@given(
    fdi=st.sampled_from([21, 33, 14, 36]),
    turn=st.tuples(*[st.floats(-1, 1)] * 3),
    shift=st.tuples(*[st.floats(-50, 50)] * 3),
)
def test_points_move_with_the_tooth(fdi: int, turn: tuple[float, ...], shift: tuple[float, ...]) -> None:
    motion = np.eye(4)
    motion[:3, :3] = rotation_from_vector(np.array(turn))
    motion[:3, 3] = shift
    still, moved = points(model_view(fdi)), points(view_of(model_crown(fdi), fdi, motion))
    assert set(still) == set(moved)
    for key, point in still.items():
        np.testing.assert_allclose(motion[:3, :3] @ point + motion[:3, 3], moved[key], atol=1e-5)


def test_a_ground_off_cusp_is_said_and_not_invented() -> None:
    model = crown_model(16)
    row = next(p.row for p in places(16) if p.name == "mesiobuccal")
    ground = model.mean.copy()
    near = np.linalg.norm(ground - ground[row], axis=1) < 2.5
    ground[near, 2] = np.minimum(ground[near, 2], ground[row, 2] - 1.0)
    worn = view_of(Mesh(ground, model.faces), 16)
    whole = model_view(16)
    seen = CrownView(16, worn.crown, worn.margin_mm, worn.origin_mm, worn.axes, whole.fitted_mm)
    found = {f.name: f for f in cusps_and_fossae(seen)}
    assert found["mesiobuccal"].at is None
    assert "cusp" in found["mesiobuccal"].note
    assert found["mesiolingual"].at is not None


def test_the_edge_runs_from_mesial_to_distal_along_the_top() -> None:
    edge = incisal_edge(model_view(11))
    assert edge is not None
    assert (np.diff(edge.line_mm[:, 0]) < 0).all()
    assert edge.line_mm[:, 2].max() == pytest.approx(crown_model(11).mean[:, 2].max(), abs=0.1)
    assert incisal_edge(model_view(16)) is None


def test_touching_neighbours_share_their_contact_point() -> None:
    views = {t: model_view(t) for t in (14, 15, 16)}
    found = contact_points(views)
    at = {(t, f.name): views[t].world(f.at) for t, own in found.items() for f in own if f.at is not None}
    assert np.linalg.norm(at[14, "distal"] - at[15, "mesial"]) < 1.0
    assert np.linalg.norm(at[15, "distal"] - at[16, "mesial"]) < 1.0
    notes = {(t, f.name): f.note for t, own in found.items() for f in own}
    assert "no neighbour" in notes[14, "mesial"]


@pytest.mark.parametrize("fdi", [11, 15, 36])
def test_widths_are_the_extents_of_the_crown(fdi: int) -> None:
    md, bl = widths(model_view(fdi))
    shell = crown_model(fdi).mean[~crown_model(fdi).base]
    assert md == pytest.approx(np.ptp(shell[:, 0]), abs=0.02)
    assert bl == pytest.approx(np.ptp(shell[:, 1]), abs=0.3)


@pytest.mark.parametrize("fdi", [53, 75, 19, 39])
def test_a_tooth_without_a_model_is_measured_as_far_as_it_goes(fdi: int) -> None:
    like = model_view(fdi - 40 if fdi > 50 else fdi - 4)
    view = CrownView(fdi, like.crown, like.margin_mm, like.origin_mm, like.axes, None)
    assert cusps_and_fossae(view) == []
    assert contact_points({fdi: view}) == {}
    assert widths(view)[0] > 3
    height = facial_axis(view, {}).crown_height_mm
    assert height is not None
    assert 3 < height < 12
