"""Inlay, table-top, bridge and rebuild are closed bodies that fit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import trimesh

from oral_architect.design.bodies import (
    CementSettings,
    bridge_body,
    connector_between,
    crossings,
    fit_of,
    inlay_body,
    tabletop_body,
    worn_preparation,
)
from oral_architect.design.bodies.bridge import pontic_unit, section_of
from oral_architect.errors import StageError
from oral_architect.geometry import Mesh

from .shapes import SECTORS, barrel, preparation, turned

PRINTED = CementSettings(tool_radius_mm=0.0)
UP = np.array([0.0, 0.0, 1.0])


def _ball(at: tuple[float, float, float], radius: float) -> Mesh:
    ball = Mesh.from_trimesh(trimesh.creation.icosphere(subdivisions=4))
    return Mesh(ball.vertices * radius + np.array(at), ball.faces)


def test_an_inlay_fills_its_cavity() -> None:
    """A conical hole of 2 mm depth in the dome of a ball of 5 mm."""
    edge = np.sqrt(25.0 - 4.0)
    profile = np.array([(2.0, edge), (1.8, edge - 1.0), (1.6, edge - 2.0), (0.5, edge - 2.0)])
    hole = turned(profile, closed_below=False)
    prep = preparation(Mesh(hole.vertices, hole.faces), hole.vertices[:SECTORS])
    body = inlay_body(_ball((0, 0, 0), 5.0), prep, PRINTED)
    assert body.mesh.is_watertight
    assert len(crossings(body.mesh)) == 0
    fit = fit_of(body, prep, PRINTED)
    assert fit.interference_mm3 == 0.0
    assert fit.margin_mm < 0.002
    assert 15.0 < body.mesh.volume_mm3 < 2 * np.pi * 4.0


def test_a_table_top_covers_a_worn_surface() -> None:
    worn = turned(np.array([(4.0, 0.0), (4.0, 3.0), (3.8, 3.2), (2.0, 3.2), (1.0, 3.2)]), closed_below=False)
    marked = np.asarray(worn.vertices[:, 2] > 3.1)
    prep = worn_preparation(worn, marked, UP, 16)
    new = barrel(wide_mm=4.1, high_mm=4.4, foot_mm=4.1)
    lowered = Mesh(new.vertices * np.array([0.97, 0.97, 1.0]), new.faces)
    body = tabletop_body(lowered, prep, PRINTED)
    assert body.mesh.is_watertight
    assert len(crossings(body.mesh)) == 0
    assert fit_of(body, prep, PRINTED).interference_mm3 == 0.0


def test_a_bridge_has_connectors_of_the_section_asked_for() -> None:
    balls = [_ball((x, 0.0, 0.0), 4.0) for x in (0.0, 8.1, 16.2)]
    connectors = [connector_between(a, b, 12.0, UP) for a, b in pairwise(balls)]
    body = bridge_body([pontic_unit(b) for b in balls], connectors, UP)
    assert body.mesh.is_watertight
    assert len(crossings(body.mesh)) == 0
    for connector in connectors:
        area, width, height = section_of(body.mesh, connector)
        assert area == pytest.approx(12.0, rel=0.02)
        assert height > width


def test_units_that_stand_apart_are_refused() -> None:
    with pytest.raises(StageError, match="apart"):
        connector_between(_ball((0, 0, 0), 3.0), _ball((12, 0, 0), 3.0), 9.0, UP)
