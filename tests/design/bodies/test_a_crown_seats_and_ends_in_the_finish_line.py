"""A crown is closed, seats without catching, ends in the finish line and keeps the gap and wall it was given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oral_architect.design.bodies import Body, CementSettings, crossings, crown_body, fit_of, thicken_outward, wall_mm
from oral_architect.design.bodies.line import Line
from oral_architect.design.preparation import Preparation
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.geometry.closest import Surface

from .shapes import barrel, preparation, stump

PRINTED = CementSettings(tool_radius_mm=0.0)


def test_it_is_closed_and_does_not_cut_itself(crown: Body, milled_crown: Body) -> None:
    for body in (crown, milled_crown):
        assert body.mesh.is_watertight
        assert body.mesh.volume_mm3 > 0
        assert len(crossings(body.mesh)) == 0
        assert (body.outer ^ body.intaglio).all()


def test_it_meets_nothing_on_its_way_to_the_seat(crown: Body, milled_crown: Body, frustum: Preparation) -> None:
    for body, cement in ((crown, PRINTED), (milled_crown, CementSettings())):
        fit = fit_of(body, frustum, cement)
        assert fit.interference_mm3 == 0.0
        assert fit.interference_mm == 0.0


def test_its_margin_lies_on_the_finish_line(crown: Body, frustum: Preparation) -> None:
    assert fit_of(crown, frustum, PRINTED).margin_mm < 0.002


def test_its_gap_is_the_designed_one(crown: Body, frustum: Preparation) -> None:
    fit = fit_of(crown, frustum, PRINTED)
    error = np.abs(fit.gap_mm - fit.designed_gap_mm)
    order = np.argsort(error)
    share = np.cumsum(fit.areas_mm2[order]) / fit.areas_mm2.sum()
    assert error[order][np.searchsorted(share, 0.95)] < 0.01


def test_its_wall_is_form_less_cone_less_gap(crown: Body) -> None:
    walls = wall_mm(crown)
    at = crown.mesh.vertices
    radius = np.hypot(at[:, 0], at[:, 1])
    side = np.isfinite(walls) & (np.abs(at[:, 2] - 2.5) < 0.2)
    t = np.deg2rad(6.0)
    cone = (radius - (3.0 - at[:, 2] * np.tan(t))) * np.cos(t)
    assert np.abs(walls[side] - (cone[side] - PRINTED.gap_um / 1000)).max() < 0.02


def test_a_milling_ball_fits_everywhere(milled_crown: Body) -> None:
    """A ball that touches the intaglio from below cuts nothing of the crown: tried at the sharp upper edge."""
    inner = milled_crown.mesh.part(milled_crown.intaglio)[0]
    surface = Surface(inner)
    top = 3.0 - 4.0 * np.tan(np.deg2rad(6.0))
    turn = np.linspace(0, 2 * np.pi, 40)
    depth = np.linspace(0.2, 0.7, 26)
    best = np.full(len(turn), np.inf)
    edge = np.stack([np.cos(turn), np.sin(turn), np.zeros(len(turn))], axis=1) * top + np.array([0, 0, 4.0])
    for lower in depth:
        inward = np.stack([-np.cos(turn), -np.sin(turn), -np.ones(len(turn))], axis=1)
        centre = edge + inward * lower / np.sqrt(2.0)
        room = surface.nearest(centre).distance_mm
        reaches = np.linalg.norm(centre - edge, axis=1) <= 0.5 + 1e-9
        best = np.minimum(best, np.where(reaches, 0.5 - room, np.inf))
    assert best.max() < 0.02


def test_an_undercut_stump_is_blocked_out() -> None:
    leaning = stump(-4.0)
    body = crown_body(barrel(), leaning, PRINTED)
    fit = fit_of(body, leaning, PRINTED)
    assert len(crossings(body.mesh)) == 0
    assert fit.interference_mm3 == 0.0


def test_too_narrow_a_form_is_moved_outward_and_said_so() -> None:
    body = crown_body(barrel(wide_mm=3.4, foot_mm=3.6, high_mm=5.5), stump(shoulder_mm=0.6), PRINTED)
    assert len(crossings(body.mesh)) == 0
    assert any("moved outward" in note for note in body.notes)


def test_a_wall_is_thickened_outward_to_what_is_asked(crown: Body) -> None:
    thick = thicken_outward(crown, 2.2)
    walls = wall_mm(thick)
    at = thick.mesh.vertices
    high = np.isfinite(walls) & (at[:, 2] > 2.2 / 0.6 + 0.1)  # nearer to the margin the wall may still be rising
    assert np.nanmin(walls[high]) > 2.2 - 0.01
    assert np.nanmin(wall_mm(crown)[np.isfinite(walls) & (crown.mesh.vertices[:, 2] > 3.0)]) < 2.0
    assert len(crossings(thick.mesh)) == 0


def test_a_moved_case_gives_the_moved_crown(crown: Body, frustum: Preparation) -> None:
    turn = np.eye(4)
    turn[:3, :3] = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    turn[:3, 3] = (20.0, -30.0, 5.0)
    moved = replace(
        frustum,
        die=frustum.die.transformed(turn),
        finish_line=frustum.finish_line @ turn[:3, :3].T + turn[:3, 3],
        axis=turn[:3, :3] @ frustum.axis,
    )
    body = crown_body(barrel().transformed(turn), moved, PRINTED)
    assert body.mesh.volume_mm3 == pytest.approx(crown.mesh.volume_mm3, rel=2e-3)
    assert fit_of(body, moved, PRINTED).margin_mm < 0.002


def test_the_same_case_gives_the_same_bytes(crown: Body, frustum: Preparation) -> None:
    again = crown_body(barrel(), frustum, PRINTED)
    assert again.mesh.vertices.tobytes() == crown.mesh.vertices.tobytes()
    assert again.mesh.faces.tobytes() == crown.mesh.faces.tobytes()


def test_a_line_drawn_the_wrong_way_round_is_refused(frustum: Preparation) -> None:
    with pytest.raises(StageError):
        crown_body(barrel(), replace(frustum, finish_line=frustum.finish_line[::-1]), PRINTED)


def test_a_die_away_from_its_line_is_refused(frustum: Preparation) -> None:
    far = Mesh(frustum.die.vertices * np.array([0.5, 0.5, 1.0]), frustum.die.faces)
    with pytest.raises(StageError, match="does not reach"):
        crown_body(barrel(), preparation(far, frustum.finish_line), PRINTED)


def test_a_line_along_edges_of_triangles_gives_a_body_that_does_not_cross_itself(frustum: Preparation) -> None:
    """A line that zigzags by 0.05 mm across the true one every 0.1 mm."""
    line = Line(frustum.finish_line).evenly(0.1).points
    teeth = 0.05 * np.where(np.arange(len(line)) % 2, 1.0, -1.0)
    jagged = replace(frustum, finish_line=line + np.column_stack([np.zeros((len(line), 2)), teeth]))
    body = crown_body(barrel(), jagged, PRINTED)
    assert body.mesh.is_watertight
    assert len(crossings(body.mesh)) == 0
    assert fit_of(body, frustum, PRINTED).margin_mm < 0.02
