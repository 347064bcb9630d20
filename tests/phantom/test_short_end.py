"""A scan that stops at its last tooth is shorter there and whole everywhere else."""

from __future__ import annotations

import numpy as np
from tests.anatomy.model_arch import model_arch

from oral_architect.geometry import Mesh
from oral_architect.phantom.short_end import end_short


def test_both_ends_are_shorter_and_the_front_is_untouched() -> None:
    jaw = model_arch("lower")
    short, labels = end_short(jaw.mesh, jaw.labels, np.random.default_rng(3), rate=1.0)
    front = np.isin(jaw.labels, [31, 32, 33, 41, 42, 43])
    assert np.isin(labels, [31, 32, 33, 41, 42, 43]).sum() == front.sum()
    last = max(jaw.mesh.vertices[:, 1])
    assert short.vertices[:, 1].max() < last
    assert len(labels) == len(short.vertices)
    assert set(np.unique(labels)) <= set(np.unique(jaw.labels))
    assert len(labels) < len(jaw.labels)


def test_the_same_draw_gives_the_same_scan_and_rate_zero_changes_nothing() -> None:
    jaw = model_arch("upper")
    one, two = (end_short(jaw.mesh, jaw.labels, np.random.default_rng(5))[0] for _ in range(2))
    np.testing.assert_array_equal(one.vertices, two.vertices)
    same, _ = end_short(jaw.mesh, jaw.labels, np.random.default_rng(5), rate=0.0)
    assert len(same.faces) == len(jaw.mesh.faces)


def test_three_teeth_are_left_as_they_are() -> None:
    jaw = model_arch("lower")
    part, kept = jaw.mesh.part(np.isin(jaw.labels[jaw.mesh.faces], [35, 36, 37]).all(axis=1))
    same, _ = end_short(part, jaw.labels[kept], np.random.default_rng(0), rate=1.0)
    assert isinstance(same, Mesh)
    assert len(same.faces) == len(part.faces)
