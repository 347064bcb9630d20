"""Where the camera stood: a photograph laid on the teeth by points seen on both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from oral_architect.case import matrix4
from oral_architect.errors import InputError
from oral_architect.geometry.registration import rotation_from_vector

from .choices import choice
from .document import PhotoFit
from .frame import SmileFrame
from .observe import Subject
from .photograph import Photograph, Picked
from .seen import Seen

Floats = NDArray[np.float64]
_STARTS_DEG = (-25.0, 0.0, 25.0)


@dataclass(frozen=True, eq=False)
class PhotoCamera:
    """A camera at a distance: pixels = centre + scale * across / (1 + nearness * depth)."""

    rotation: Floats
    """``(3, 3)``: patient frame to camera: x right, y down, z into the picture."""
    middle_mm: Floats
    """The point of the patient frame that depth is counted from."""
    across_mm: Floats
    """``(2,)``: where that point lies beside the camera's axis."""
    px_per_mm: float
    nearness_per_mm: float
    """One over the distance of the camera; 0 for a parallel view."""
    size: tuple[int, int]

    def project(self, points: Floats) -> Floats:
        """Return pixels ``(n, 2)`` of points ``(n, 3) mm`` of the patient frame."""
        local = (np.atleast_2d(points) - self.middle_mm) @ self.rotation.T
        scale = self.px_per_mm / (1 + self.nearness_per_mm * local[:, 2])
        return np.asarray((local[:, :2] + self.across_mm) * scale[:, None] + np.array(self.size) / 2)

    @property
    def matrix(self) -> Floats:
        """``(4, 4)``: patient frame to camera frame, mm; a parallel view keeps its depths from the middle."""
        distance = 1 / self.nearness_per_mm if self.nearness_per_mm > 0 else 0.0
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = np.array([*self.across_mm, distance]) - self.rotation @ self.middle_mm
        return matrix


def find_camera(subject: Subject, photo: Photograph) -> tuple[PhotoCamera, PhotoFit]:
    """Find the camera of a photograph from at least four points seen on it and on the teeth.

    Least squares over pose and scale; with six points or more over the distance too, or with the focal length where it
    is known. A mild preference for a straight view settles what points on one plane leave open.

    Raises
    ------
    InputError
        With too few points, points on one line, or points that do not fit these teeth.
    """
    found = [(p, at) for p in photo.points.points if (at := place_of(subject, p)) is not None]
    _enough(photo, found)
    points = np.array([at for _, at in found])
    pixels = np.array([p.px for p, _ in found], dtype=np.float64)
    camera, residual = _best(subject.frame, points, pixels, photo)
    rms_px = float(np.sqrt((residual**2).sum(axis=1).mean()))
    rms_mm = rms_px / camera.px_per_mm
    worst, _ = found[int((residual**2).sum(axis=1).argmax())]
    if rms_mm > choice("photo_rms_max_mm"):
        _refuse(subject.frame, points, pixels, photo, rms_mm, worst)
    distance = 1 / camera.nearness_per_mm if camera.nearness_per_mm > 0 else None
    return camera, PhotoFit(
        image=photo.name,
        size=photo.size,
        model="parallel" if distance is None else "perspective",
        patient_to_camera=matrix4(camera.matrix),
        px_per_mm=camera.px_per_mm,
        distance_mm=distance,
        rms_px=rms_px,
        rms_mm=rms_mm,
        points=len(found),
        worst=f"{worst.point} of {worst.tooth}",
    )


def place_of(subject: Subject, picked: Picked) -> Floats | None:
    """Return the place on the teeth a picked point stands for, patient frame, ``None`` where it is not there."""
    tooth: Seen | None = subject.teeth.get(picked.tooth)
    if tooth is None:
        return None
    if picked.point == "tip":
        return tooth.tip_mm
    if picked.point == "zenith":
        return tooth.zenith_mm
    if tooth.edge_mm is None:
        return None
    return np.asarray(tooth.edge_mm[0 if picked.point == "mesial_angle" else -1])


def _enough(photo: Photograph, found: list[tuple[Picked, Floats]]) -> None:
    least = int(choice("photo_least_points"))
    if len(found) < least:
        lost = [f"{p.point} of {p.tooth}" for p in photo.points.points if p not in [f for f, _ in found]]
        also = f" Not on these teeth: {', '.join(lost)}." if lost else ""
        raise InputError(
            f"{len(found)} points cannot tell where the camera stood.{also}",
            where=photo.name,
            todo=f"Pick at least {least}, on incisal edges and gingival zeniths.",
        )
    for places in (np.array([at for _, at in found]), np.array([[*p.px, 0.0] for p, _ in found])):
        spread = np.linalg.svd(places - places.mean(axis=0), compute_uv=False) / np.sqrt(len(places))
        # on the photograph the same share of the first extent, as its scale is not known yet
        least_spread = choice("photo_spread_min_mm") if places[:, 2].any() else 0.01 * spread[0]
        if spread[1] < least_spread:
            raise InputError(
                "the points lie on one line.", where=photo.name, todo="Add gingival zeniths or teeth further back."
            )


def _best(frame: SmileFrame, points: Floats, pixels: Floats, photo: Photograph) -> tuple[PhotoCamera, Floats]:
    """Start from nine turns and keep the best."""
    straight = np.stack([frame.rows[0], -frame.rows[2], frame.rows[1]])
    middle = points.mean(axis=0)
    # so many pixels a millimetre as the points' extents say
    size = np.linalg.norm((points - middle) @ straight[:2].T)
    scale = float(np.linalg.norm(pixels - pixels.mean(axis=0)) / max(float(size), 1e-9))
    offset = (pixels.mean(axis=0) - np.array(photo.size) / 2) / scale
    fixed = photo.points.focal_px
    free = fixed is None and len(points) >= choice("photo_perspective_points")

    def camera(x: Floats) -> PhotoCamera:
        px_per_mm = float(np.exp(x[5]))
        near = px_per_mm / fixed if fixed is not None else float(x[6]) if free else 0.0
        return PhotoCamera(rotation_from_vector(x[:3]) @ straight, middle, x[3:5], px_per_mm, near, photo.size)

    def misfit(x: Floats) -> Floats:
        off = (camera(x).project(points) - pixels).ravel() / (choice("photo_point_sd_mm") * scale)
        return np.concatenate([off, x[:3] / np.radians(choice("photo_turn_sd_deg"))])

    nearest = 1 / choice("photo_nearest_mm")
    low = [*[-np.pi / 2] * 3, -np.inf, -np.inf, np.log(scale) - 2, *([0.0] if free else [])]
    high = [*[np.pi / 2] * 3, np.inf, np.inf, np.log(scale) + 2, *([nearest] if free else [])]
    answers = []
    for yaw in _STARTS_DEG:
        for pitch in _STARTS_DEG:
            start = [np.radians(pitch), np.radians(yaw), 0.0, *offset, np.log(scale), *([nearest / 4] if free else [])]
            answers.append(least_squares(misfit, start, bounds=(low, high), x_scale="jac", max_nfev=200))
    found = camera(min(answers, key=lambda a: a.cost).x)
    return found, found.project(points) - pixels


def _refuse(frame: SmileFrame, points: Floats, pixels: Floats, photo: Photograph, rms_mm: float, worst: Picked) -> None:
    """Say why the points do not fit; a mirrored selfie is told from other faults.

    Raises
    ------
    InputError
        Always.
    """
    flipped = pixels * (-1, 1) + (photo.size[0], 0)
    camera, residual = _best(frame, points, flipped, photo)
    mirrored = float(np.sqrt((residual**2).sum(axis=1).mean())) / camera.px_per_mm < choice("photo_rms_max_mm")
    raise InputError(
        f"the points do not fit these teeth: {rms_mm:.1f} mm off on average, most at {worst.point} of {worst.tooth}.",
        where=photo.name,
        todo=(
            "The photograph seems to be mirrored, as selfies are; mirror it back and pick again."
            if mirrored
            else "Check the tooth numbers and points; the patient's right is on the viewer's left."
        ),
    )
