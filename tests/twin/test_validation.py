"""Published pulp temperatures: what is calibrated, what is predicted blind, and that nothing was invented."""

from __future__ import annotations

import numpy as np
import pytest

from oral_architect.twin.bench_tooth import BlockTooth
from oral_architect.twin.model import rows_of
from oral_architect.twin.tissue import Tissue
from oral_architect.twin.validation import compare, published


@pytest.fixture(scope="module")
def found():
    return compare(samples=4, voxel_mm=0.6)


def test_every_published_figure_has_a_source_that_was_read():
    for row in published():
        assert row.source, row.cells
        assert row.standing == "read", row.cells
        assert row.cells["use"] in ("calibration", "blind", "not predicted")


def test_one_series_calibrates_and_the_others_are_blind(found):
    roles = [c.role for c in found.comparisons]
    assert roles.count("calibration") == 1
    assert roles.count("blind") >= 4
    calibration = found.comparisons[0]
    assert calibration.predicted == pytest.approx(calibration.published, abs=0.1)
    assert 0.02 < found.share < 1


def test_a_pulp_follows_the_spray_as_far_as_it_was_measured_to(found):
    slope = next(c for c in found.comparisons if c.name.startswith("pulp per spray"))
    assert slope.predicted == pytest.approx(slope.published, rel=0.2)


def test_blood_cools_a_pulp_more_the_longer_the_light_is_on(found):
    short, long = (c for c in found.comparisons if c.name.startswith("out of the mouth"))
    assert 1 < short.predicted < long.predicted
    assert short.holds
    assert long.holds


def test_the_block_tooth_has_the_thicknesses_it_was_given():
    tooth = BlockTooth(
        10, 10, 6, 3, ceiling_mm=2, chamber_mm=2, wall_mm=3, enamel_mm=1, composite_mm=2, composite_radius_mm=2.5
    ).voxels(0.25)
    middle = tooth.tissue[tooth.tissue.shape[0] // 2, tooth.tissue.shape[1] // 2]
    for kind, thick_mm in ((Tissue.NEW, 2.0), (Tissue.PULP, 2.0)):
        assert (middle == kind).sum() * 0.25 == pytest.approx(thick_mm)
    new, pulp = np.flatnonzero(middle == Tissue.NEW), np.flatnonzero(middle == Tissue.PULP)
    assert (new.min() - pulp.max() - 1) * 0.25 == pytest.approx(2.0)  # dentine between them
    assert (tooth.tissue == Tissue.NEW).sum() * 0.25**3 == pytest.approx(np.pi * 2.5**2 * 2, rel=0.03)


def test_what_was_not_described_is_marked_as_assumed():
    assert {f.standing for f in rows_of("bench.toml").values()} <= {"secondary", "recalled", "assumed"}
