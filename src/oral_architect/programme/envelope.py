"""The envelope of each step: what a device must refuse to exceed, whatever it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.case import vector

from .document import Envelope, Step, ToothProgramme
from .profile import Profile

UNLIT = ("isolate", "prepare", "remove", "deposit", "finish", "check", "numb")
"""Phases in which no curing light may be on."""


@dataclass(frozen=True)
class Reach:
    """Where the voxels of a tooth and of its layers lie, in the patient frame."""

    points: NDArray[np.float64]
    """``(n, 3) float, mm``."""
    layer: NDArray[np.int16]
    """``(n,)``."""


def enveloped(
    timeline: tuple[Step, ...], teeth: Mapping[int, ToothProgramme], reach: Mapping[int, Reach], profile: Profile
) -> tuple[Step, ...]:
    """Give each step its envelope; cooling holds no device and needs none.

    A device may go over the plan's time and light by ``envelope_share``, over its dose not at all, and out of the box
    of the step's voxels by the smallest thing it can address.
    """
    return tuple(
        step if step.fdi is None or step.phase == "cool" else _with(step, teeth[step.fdi], reach[step.fdi], profile)
        for step in timeline
    )


def _with(step: Step, tooth: ToothProgramme, reach: Reach, profile: Profile) -> Step:
    layer = None if step.layer is None else tooth.layers[step.layer]
    own = reach.points if layer is None else reach.points[reach.layer == layer.index]
    margin = tooth.voxel_mm / 2 + profile.value("mask_mm")
    over = 1.0 + profile.value("envelope_share")
    lit = layer is not None and step.phase not in UNLIT
    envelope = Envelope(
        dwell_s=(step.end_s - step.start_s) * over,
        dose_units=layer.dose_units if layer is not None and step.phase == "deposit" else 0,
        irradiance_mw_cm2=layer.irradiance_mw_cm2 * over if layer is not None and lit else 0.0,
        rise_c=tooth.layers[0].thermal_allowance_c,
        low_mm=vector(own.min(axis=0) - margin),
        high_mm=vector(own.max(axis=0) + margin),
    )
    return step.model_copy(update={"envelope": envelope})
