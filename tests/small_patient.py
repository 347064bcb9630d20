"""One small synthetic patient, made once for all rooms that ask for it: no gaps, two teeth harmed, a coarse scan."""

from __future__ import annotations

from functools import cache

import numpy as np

from oral_architect.anatomy.reading.labels import LabelledScan, LabelSettings, look_at
from oral_architect.phantom.arch_form import ArchFormSettings
from oral_architect.phantom.damage import Damage
from oral_architect.phantom.patient import Harm, Patient, PhantomSettings, run
from oral_architect.teeth.fdi import Jaw

FULL = ArchFormSettings.full_adult()
"""Fourteen teeth a jaw, none missing."""
HARMS = (
    Harm(fdi=36, damage=Damage(kind="cavity", severity=0.8)),
    Harm(fdi=21, damage=Damage(kind="fracture", severity=0.7)),
)
SETTINGS = PhantomSettings(seed=3, faces=18_000, form=FULL, harms=HARMS)


@cache
def patient() -> Patient:
    """The patient."""
    return run(SETTINGS)


@cache
def seen(jaw: Jaw) -> LabelledScan:
    """What the shipped network sees on the scan of one jaw."""
    return look_at(patient().shapes[f"{jaw}_scan"], LabelSettings())


def agreement(found: np.ndarray, jaw: Jaw) -> float:
    """Share of the vertices of a scan with the true number."""
    return float((found == patient().arrays[f"labels_{jaw}"]).mean())
