"""A simple articulator: two condyles on straight paths and a hinge between them, set from average values or a face-bow.

The lower jaw is rigid. Its pose is given by where its two condyles are and by the opening about the axis through them.
Frame and signs: patient LPS, mm; the occlusal plane is z = 0, the front is -y, the patient's left +x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from oral_architect.case import Settings, Vector
from oral_architect.errors import SettingsError
from oral_architect.geometry import Transform
from oral_architect.geometry.registration import rotation_from_vector
from oral_architect.reference import Row, find

from .opposing import Floats

Side = Literal["left", "right"]


class ArticulatorSettings(Settings):
    """How the arches are mounted and how the condyles move; what is left out comes from ``clinical_limits.csv``."""

    bonwill_arm_mm: float | None = Field(default=None, gt=20, lt=200)
    """Incisal point to each condyle."""
    bonwill_base_mm: float | None = Field(default=None, gt=20, lt=200)
    """Between the condyles."""
    balkwill_deg: float | None = Field(default=None, ge=0, lt=60)
    """Bonwill's triangle against the occlusal plane."""
    condylar_inclination_deg: float | None = Field(default=None, ge=0, lt=80)
    """Condylar path against the occlusal plane, seen from the side."""
    bennett_deg: float | None = Field(default=None, ge=0, lt=60)
    """Path of the condyle that swings forward against the sagittal plane, seen from above."""
    condyles_mm: tuple[Vector, Vector] | None = None
    """Right and left condyle from a face-bow, patient frame; replaces Bonwill's triangle and Balkwill's angle."""


@dataclass(frozen=True, eq=False)
class Articulator:
    """A mounted articulator.

    Parameters
    ----------
    right_mm, left_mm
        ``(3,)``: condyles with the jaws in bite.
    incisal_mm
        ``(3,)``: point between the lower central incisors.
    inclination_deg, bennett_deg
        Of the condylar paths.
    sources
        Where each value comes from.
    """

    right_mm: Floats
    left_mm: Floats
    incisal_mm: Floats
    inclination_deg: float
    bennett_deg: float
    sources: dict[str, str]

    def opening(self, hinge_deg: float) -> Transform:
        """Return the ``(4, 4)`` motion of the lower jaw that opens about the condyles; negative closes."""
        return self._posed(self.right_mm, self.left_mm, hinge_deg)

    def opening_by(self, incisal_mm: float) -> Transform:
        """Return the opening that takes the incisal point this far from where it was, in a straight line.

        Raises
        ------
        SettingsError
            When the hinge cannot open so far.
        """
        axis = self.left_mm - self.right_mm
        axis = axis / np.linalg.norm(axis)
        arm = self.incisal_mm - self.right_mm
        radius = float(np.linalg.norm(arm - (arm @ axis) * axis))
        if not 0 <= incisal_mm <= radius:
            raise SettingsError(
                f"an opening of {incisal_mm:g} mm is out of reach",
                where="articulator",
                todo=f"Give 0 to {radius:.0f} mm.",
            )
        return self.opening(float(np.degrees(2 * np.arcsin(incisal_mm / (2 * radius)))))

    def protrusion(self, mm: float, hinge_deg: float = 0.0) -> Transform:
        """Return the motion in which both condyles go ``mm`` forward along their paths, then the hinge opens."""
        slope = np.radians(self.inclination_deg)
        step = mm * np.array([0.0, -np.cos(slope), -np.sin(slope)])
        return self._posed(self.right_mm + step, self.left_mm + step, hinge_deg)

    def laterotrusion(self, side: Side, mm: float, hinge_deg: float = 0.0) -> Transform:
        """Return the motion to one side: the other side's condyle goes ``mm`` along its path, this side's only shifts.

        The swinging condyle goes forward, down and inward by the Bennett angle; the working one gives way along the
        intercondylar axis by as much as keeps their distance (the Bennett movement).
        """
        inward = 1.0 if side == "left" else -1.0
        turn, slope = np.radians(self.bennett_deg), np.radians(self.inclination_deg)
        path = np.array([inward * np.tan(turn), -1.0, -np.tan(slope)])
        path = path / np.linalg.norm(path)
        swinging, working = (self.right_mm, self.left_mm) if side == "left" else (self.left_mm, self.right_mm)
        base = working - swinging
        outward = base / np.linalg.norm(base)
        gone = swinging + mm * path
        # |working + w outward - gone| = |base|: the root that starts at w = 0
        apart = working - gone
        along = float(apart @ outward)
        w = -along + float(np.sqrt(max(along**2 - apart @ apart + base @ base, 0.0)))
        stays = working + w * outward
        right, left = (gone, stays) if side == "left" else (stays, gone)
        return self._posed(right, left, hinge_deg)

    def _posed(self, right: Floats, left: Floats, hinge_deg: float) -> Transform:
        """Return the motion that brings the condyles here by the shortest turn, then opens about them."""
        before, after = self.left_mm - self.right_mm, left - right
        before, after = before / np.linalg.norm(before), after / np.linalg.norm(after)
        cross = np.cross(before, after)
        sine = float(np.linalg.norm(cross))
        angle = float(np.arctan2(sine, before @ after))
        swing = rotation_from_vector(cross / sine * angle) if sine > 1e-12 else np.eye(3)
        # the axis runs to the patient's left: opening, front teeth down, is a positive turn about it
        turn = rotation_from_vector(after * np.radians(hinge_deg)) @ swing
        matrix = np.eye(4)
        matrix[:3, :3] = turn
        matrix[:3, 3] = right - turn @ self.right_mm
        return matrix


def mount(incisal_mm: Floats, settings: ArticulatorSettings | None = None) -> Articulator:
    """Mount the arches by the incisal point between the lower central incisors.

    Parameters
    ----------
    incisal_mm
        ``(3,)``, patient frame, occlusal plane z = 0.
    settings
        Own values; the rest is average.

    Raises
    ------
    SettingsError
        When the arms are too short to reach both condyles.
    ReferenceDataError
        When an average value is missing from the tables.

    Notes
    -----
    Bonwill's triangle: arms from the incisal point to the condyles and a base between them; Balkwill's angle tilts it
    against the occlusal plane.
    """
    s = settings or ArticulatorSettings()
    sources: dict[str, str] = {}
    arm = _value(s.bonwill_arm_mm, "bonwill_arm_mm", sources)
    base = _value(s.bonwill_base_mm, "bonwill_base_mm", sources)
    tilt = np.radians(_value(s.balkwill_deg, "balkwill_angle_deg", sources))
    inclination = _value(s.condylar_inclination_deg, "condylar_inclination_deg", sources)
    bennett = _value(s.bennett_deg, "bennett_angle_deg", sources)
    incisal = np.asarray(incisal_mm, dtype=np.float64)
    if s.condyles_mm is not None:
        right, left = (np.array(c) for c in s.condyles_mm)
        if right[0] >= left[0]:
            raise SettingsError(
                "the right condyle does not lie on the patient's right",
                where="articulator",
                todo="Give the right condyle first; the patient's left is +x.",
            )
        for name in ("bonwill_arm_mm", "bonwill_base_mm", "balkwill_angle_deg"):
            sources[name] = "replaced by the face-bow"
        return Articulator(right, left, incisal, inclination, bennett, sources)
    if arm <= base / 2:
        raise SettingsError(
            f"arms of {arm:g} mm do not reach condyles {base:g} mm apart",
            where="articulator",
            todo="Make the arms longer than half the base.",
        )
    height = np.sqrt(arm**2 - base**2 / 4)
    middle = incisal + height * np.array([0.0, np.cos(tilt), np.sin(tilt)])
    aside = np.array([base / 2, 0.0, 0.0])
    return Articulator(middle - aside, middle + aside, incisal, inclination, bennett, sources)


def _value(own: float | None, quantity: str, sources: dict[str, str]) -> float:
    if own is not None:
        sources[quantity] = "set by the user"
        return own
    row = find("clinical_limits", group="articulator", quantity=quantity)
    sources[quantity] = row.source
    return _typical(row)


def _typical(row: Row) -> float:
    """Return a row's value, or the middle of its range where it gives only that."""
    value = row.number("value")
    return value if value is not None else (row.need("low") + row.need("high")) / 2
