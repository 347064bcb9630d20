"""The bite from a bite scan: a surface that shows both arches at once is laid on each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points, Transform, concatenate
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.registration import icp

from .opposing import Floats

_POINTS = 1500
_FEW, _AGAIN = 250, 5  # points that look for the place along the arch, and places looked at with all
_ALONG_MM = (0.0, -6.0, 6.0, -12.0, 12.0)  # a tooth looks like its neighbour: starts between them
_SHARE = 0.35  # of a bite scan's points that belong to one jaw at least
_BOTH = 0.8
_TURNS_DEG = (-90.0, -55.0, 0.0, 55.0, 90.0)  # from which sides a bite is scanned, from the patient's right to left
_GOOD_MM = 0.3  # a scan laid on the surface it shows: noise and drift of two scans


@dataclass(frozen=True, eq=False)
class Registered:
    """A bite found by a bite scan.

    Parameters
    ----------
    lower_moved
        ``(4, 4)``: lower patient frame into the bite.
    upper_rms_mm, lower_rms_mm
        How well the bite scan lies on each arch.
    """

    lower_moved: Transform
    upper_rms_mm: float
    lower_rms_mm: float


def register_bite_scan(
    bite_scan: Mesh, upper: Mesh, lower: Mesh, near: Transform, *, as_given: Transform | None = None
) -> Registered:
    """Find the bite a bite scan shows.

    Parameters
    ----------
    bite_scan
        Buccal faces, or a wax rim with both rows of teeth in it, mm, any pose.
    upper, lower
        The arches in their own patient frames, mm.
    near
        ``(4, 4)``: motion of ``lower`` roughly into bite; a few mm do.
    as_given
        ``(4, 4)``: bite scan to the upper patient frame if its file shares the upper scan's frame; tried first.

    Raises
    ------
    StageError
        When the bite scan fits one of the arches nowhere.
    """
    points = _thinned(bite_scan)
    both = Surface(concatenate([upper, lower.transformed(near)]))
    starts = [s for s in (as_given,) if s is not None] + _starts(bite_scan, upper, lower.transformed(near))
    few = points[:: max(1, len(points) // _FEW)]
    tried = sorted((icp(few, both, start=s, iterations=15, keep=_BOTH) for s in starts), key=lambda t: t[1])
    again = [icp(points, both, start=t[0], iterations=30, keep=_BOTH) for t in tried[:_AGAIN]]
    rough = min(again, key=lambda t: t[1])[0]
    on_upper, upper_rms = icp(points, Surface(upper), start=rough, iterations=60, keep=_SHARE)
    on_lower, lower_rms = icp(points, Surface(lower), start=np.linalg.inv(near) @ rough, iterations=60, keep=_SHARE)
    for name, rms in (("upper", upper_rms), ("lower", lower_rms)):
        if rms > _GOOD_MM:
            raise StageError(
                f"the bite scan does not lie on the {name} arch ({rms:.2f} mm apart on average)",
                where="anatomy: bite scan",
                todo="Give a bite scan of this patient that shows teeth of both jaws, or leave it out.",
            )
    return Registered(on_upper @ np.linalg.inv(on_lower), upper_rms, lower_rms)


def _thinned(mesh: Mesh) -> Points:
    middle = mesh.vertices[mesh.faces].sum(axis=1) / 3
    if len(middle) < _POINTS:
        return np.asarray(middle)
    return np.asarray(middle[np.floor(np.arange(_POINTS) * len(middle) / _POINTS).astype(np.int64)])


def _starts(bite_scan: Mesh, upper: Mesh, lower: Mesh) -> list[Transform]:
    """Places along the arch from which the bite may have been scanned, either way up."""
    outward = bite_scan.face_crosses.sum(axis=0)
    outward = outward / max(float(np.linalg.norm(outward)), 1e-9)
    centre = bite_scan.vertices.mean(axis=0)
    flat = bite_scan.vertices - centre
    flat = flat - np.outer(flat @ outward, outward)
    along = np.linalg.svd(flat[:: max(1, len(flat) // 2000)], full_matrices=False)[2][0]
    own = np.array([along, np.cross(outward, along), outward])
    arch = np.concatenate([upper.vertices, lower.vertices])
    result = []
    for degrees in _TURNS_DEG:
        turn = np.radians(degrees)
        out = np.array([np.sin(turn), -np.cos(turn), 0.0])
        tangent = np.array([np.cos(turn), np.sin(turn), 0.0])
        place = _buccal_place(arch, out)
        for sign in (1.0, -1.0):
            target = np.array([sign * tangent, sign * np.cross(out, tangent), out])
            matrix = np.eye(4)
            matrix[:3, :3] = target.T @ own
            for aside in _ALONG_MM:
                start = matrix.copy()
                start[:3, 3] = place + aside * tangent - matrix[:3, :3] @ centre
                result.append(start)
    return result


def _buccal_place(arch: Points, out: Floats) -> Floats:
    """Return the middle of the arch's outer face towards a direction, near the occlusal plane."""
    teeth = arch[np.abs(arch[:, 2]) < 6.0]
    teeth = teeth if len(teeth) else arch
    depth = teeth @ out
    return np.asarray(teeth[depth >= np.quantile(depth, 0.9)].mean(axis=0))
