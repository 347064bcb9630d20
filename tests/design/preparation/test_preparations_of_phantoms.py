"""On a phantom's scan the sure part of the finish line lies where it was ground, and the rest is not called sure."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from oral_architect import phantom
from oral_architect.anatomy.crowns.crown import extract_crown
from oral_architect.design.preparation import Preparation, find_preparation
from oral_architect.phantom.patient import Patient

from .lathe import tooth_along

TEETH = {16: "shoulder", 24: "chamfer", 13: "feather"}


@cache
def _mouth() -> Patient:
    form = phantom.PhantomSettings().form.model_copy(update={"missing_rate": 0.0, "third_molar_rate": 0.0})
    harms = tuple(phantom.Harm.model_validate({"fdi": fdi, "margin": kind}) for fdi, kind in TEETH.items())
    return phantom.run(phantom.PhantomSettings(seed=871, faces=100_000, harms=harms, form=form, posed=False))


@cache
def _found(fdi: int) -> Preparation:
    mouth = _mouth()
    scan = mouth.shapes["upper_scan"]
    crown = extract_crown(scan, mouth.arrays["labels_upper"], fdi).mesh
    tooth = tooth_along(np.array(mouth.tooth(fdi).axes)).model_copy(update={"fdi": fdi})
    return find_preparation(scan, crown, tooth, antagonist=mouth.shapes["lower_scan"])


@pytest.mark.slow
def test_the_sure_line_is_the_true_one() -> None:
    off, sure = [], []
    for fdi in TEETH:
        ring = _mouth().arrays[f"finish_line_{fdi}"]
        true = np.concatenate([ring + (np.roll(ring, -1, axis=0) - ring) * t for t in np.linspace(0, 1, 12)])
        found = _found(fdi)
        off.append(cKDTree(true).query(found.finish_line[found.sure])[0])
        sure.append(found.sure)
    assert np.percentile(np.concatenate(off), 95) < 0.1
    assert np.concatenate(sure).mean() > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("fdi", TEETH)
def test_the_kind_of_margin_and_the_axis_are_right(fdi: int) -> None:
    found = _found(fdi)
    assert found.margin == TEETH[fdi]
    assert found.axis @ np.array(_mouth().tooth(fdi).insertion_axis) > np.cos(np.deg2rad(12.0))
    assert found.undercut_mm.max() < 0.1
