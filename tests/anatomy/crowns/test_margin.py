from __future__ import annotations

import numpy as np
import pytest

from oral_architect.anatomy.crowns.margin import SPACING_MM, gingival_margin
from oral_architect.geometry import Mesh

from ..model_arch import bump_row


@pytest.fixture(scope="module")
def row() -> tuple[Mesh, np.ndarray]:
    return bump_row(spacing_mm=0.3)


def radii(margin: np.ndarray, middle_x: float) -> np.ndarray:
    return np.hypot(margin[:, 0] - middle_x, margin[:, 1])


def test_the_margin_lies_in_the_crease(row):
    margin = gingival_margin(*row, 45)
    assert np.abs(radii(margin, 12) - 4).mean() < 0.3
    assert radii(margin, 12).max() < 4.7


def test_a_label_border_up_the_crown_is_drawn_down_to_the_crease(row):
    mesh, labels = row
    short = np.where(
        np.hypot(mesh.vertices[:, 0] - 12, mesh.vertices[:, 1]) < 3.7, labels, np.where(labels == 45, 0, labels)
    )
    margin = gingival_margin(mesh, short, 45)
    assert np.abs(radii(margin, 12) - 4).mean() < 0.25


def test_it_is_closed_even_and_smooth(row):
    margin = gingival_margin(*row, 45)
    step = np.roll(margin, -1, axis=0) - margin
    length = np.linalg.norm(step, axis=1)
    assert length.mean() == pytest.approx(SPACING_MM, rel=0.1)
    assert length.max() < 2 * SPACING_MM
    direction = step / length[:, None]
    bend = np.degrees(np.arccos(np.clip((direction * np.roll(direction, -1, axis=0)).sum(axis=1), -1, 1)))
    assert bend.max() < 45


def test_it_runs_counter_clockwise_seen_from_above(row):
    margin = gingival_margin(*row, 46)
    after = np.roll(margin, -1, axis=0)
    assert (margin[:, 0] * after[:, 1] - after[:, 0] * margin[:, 1]).sum() > 0


def test_between_touching_teeth_it_stays_below_the_contact(row):
    mesh, labels = row
    high = np.where(
        (labels == 0) & (np.abs(mesh.vertices[:, 1]) < 2.0) & (mesh.vertices[:, 0] > 6) & (mesh.vertices[:, 0] < 18),
        45,
        labels,
    )
    margin = gingival_margin(mesh, high, 45)
    assert margin[:, 2].max() < 3.5
