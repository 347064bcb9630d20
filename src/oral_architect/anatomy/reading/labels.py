"""Label one scan: pose, jaw, teeth, numbers, crisp boundaries on the scan's own vertices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from oral_architect.case import Settings
from oral_architect.errors import NotAnArchError
from oral_architect.geometry import Mesh
from oral_architect.geometry.neighbours import k_nearest
from oral_architect.teeth.fdi import Jaw

from .confidence import LOW_CONFIDENCE, calibrated
from .decode import DECIDUOUS, SUPERNUMERARY, ToothGroup, group_votes, number_teeth, teeth_probability
from .graph import ScanGraph, build_graph, sample_surface
from .network import Reading, mirrored, read
from .pose import find_pose
from .refine import refine_labels

LEAST_TEETH = 3
LEAST_CERTAINTY = 0.45
"""Below this mean class probability over what is called tooth, a surface is not believed to be an arch."""
GLANCES = (0.0, 0.0), (0.1, 0.1), (-0.1, -0.1)
"""Extra looks: tilt and yaw, rad; each is also taken in the mirror."""


class LabelSettings(Settings):
    """How a scan is labelled."""

    model: Path | None = None
    """Another network file than the shipped one."""
    jaw: Jaw | None = None
    """Said by the user; told from the teeth when left out."""
    refine: bool = True
    """Clean boundaries at full resolution."""


@dataclass(frozen=True, eq=False)
class Aside:
    """A second sampling of a scan, on vertices that the first left out; it sharpens outlines and numbers nothing."""

    votes: NDArray[np.float64]
    probability: NDArray[np.float32]
    kind: NDArray[np.float32]
    points: NDArray[np.float64]
    normals: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelledScan:
    """One scan with its labels as network classes, before the jaw is settled."""

    mesh: Mesh
    upper: float
    """Probability of the upper jaw."""
    rotation: NDArray[np.float64]
    """``(3, 3)``: scan frame to network frame."""
    pose_certainty: float
    pose_margin: float
    votes: NDArray[np.float64]
    probability: NDArray[np.float32]
    kind: NDArray[np.float32]
    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    aside: Aside


@dataclass(frozen=True, eq=False)
class NumberedScan:
    """One scan with FDI numbers."""

    jaw: Jaw
    labels: NDArray[np.int16]
    """``(n,) int``: FDI per vertex, 0 gingiva; deciduous 51-85, supernumerary quadrant * 10 + 9."""
    instances: NDArray[np.int16]
    """``(n,) int``: which tooth, from 1; differs from ``labels`` where two supernumerary teeth share a number."""
    certainty: NDArray[np.float32]
    """``(n,) float``: probability of that label."""
    teeth: dict[int, float]
    """FDI to confidence: how often a tooth numbered so surely is right, see :mod:`.confidence`."""
    sureness: dict[int, float]
    """FDI to the share of all ways to number the row that agree."""

    @property
    def to_check(self) -> tuple[int, ...]:
        """Teeth a person should look at."""
        return tuple(fdi for fdi, confidence in self.teeth.items() if confidence < LOW_CONFIDENCE)


def look_at(mesh: Mesh, settings: LabelSettings) -> LabelledScan:
    """Find the pose of a scan and read it from several sides.

    Raises
    ------
    NotAnArchError
        When nothing on the surface looks like a row of teeth.
    """
    points, normals = sample_surface(mesh)
    if len(points) < 200:
        raise NotAnArchError(
            "this does not look like a dental arch: the surface is smaller than one tooth",
            todo="Give a scan of an arch; check its unit.",
        )
    graph = build_graph(points, normals)
    centre = points.mean(0)
    pose = find_pose(graph, lambda rotation: read(graph, rotation, centre, settings.model))
    if pose.certainty < LEAST_CERTAINTY:
        raise NotAnArchError(
            f"this does not look like a dental arch: no row of teeth was recognised (certainty {pose.certainty:.2f})",
            todo="Give a scan of an upper or a lower arch.",
        )
    probability, kind, votes, upper = _several_looks(graph, pose.rotation, centre, settings.model)
    aside = _look_aside(mesh, points, pose.rotation, settings.model)
    return LabelledScan(
        mesh, upper, pose.rotation, pose.certainty, pose.margin, votes, probability, kind, points, normals, aside
    )


def _look_aside(mesh: Mesh, points: NDArray[np.float64], rotation: NDArray[np.float64], model: Path | None) -> Aside:
    """Read a scan once more at other points, in the pose and frame found for ``points``."""
    other, normals = sample_surface(mesh, beside=points)
    probability, kind, votes, _ = _several_looks(build_graph(other, normals), rotation, points.mean(0), model)
    return Aside(votes, probability, kind, other, normals)


def number(seen: LabelledScan, jaw: Jaw, settings: LabelSettings) -> NumberedScan:
    """Group, number and outline the teeth of a scan whose jaw is settled.

    Raises
    ------
    NotAnArchError
        When fewer than three teeth are found.
    """
    centres, owner = group_votes(seen.votes, 1 - seen.probability[:, 0])
    teeth = number_teeth(centres, owner, seen.probability, seen.kind, jaw)
    if len(teeth) < LEAST_TEETH:
        raise NotAnArchError(
            f"this does not look like a dental arch: {len(teeth)} teeth were recognised",
            todo="Give a scan that shows at least three teeth.",
        )
    node = np.concatenate(
        [teeth_probability(teeth, nodes.votes, nodes.probability, nodes.kind) for nodes in (seen, seen.aside)]
    )
    vertex = _to_vertices(seen, node)
    found = refine_labels(seen.mesh, vertex) if settings.refine else vertex.argmax(1).astype(np.int16)
    certainty = vertex[np.arange(len(vertex)), found]
    numbers = np.array([0, *(_number_of(t, jaw) for t in teeth)], dtype=np.int16)
    sureness: dict[int, float] = {}
    for i in range(1, len(numbers)):
        if (found == i).any():
            fdi = int(numbers[i])
            sureness[fdi] = min(sureness.get(fdi, 1.0), teeth[i - 1].confidence)
    sureness = dict(sorted(sureness.items()))
    confidence = {fdi: calibrated(sure) for fdi, sure in sureness.items()}
    return NumberedScan(jaw, numbers[found], found, certainty, confidence, sureness)


def _number_of(tooth: ToothGroup, jaw: Jaw) -> int:
    """FDI of a tooth; a supernumerary one takes the side its centre lies on."""
    if tooth.kind == SUPERNUMERARY:
        side = 1 if tooth.centre_mm[0] > 0 else 9
        return int(fdi_of(np.array([side]), jaw)[0]) // 10 * 10 + 9
    fdi = int(fdi_of(np.array([tooth.number]), jaw)[0])
    return fdi + 40 if tooth.kind == DECIDUOUS else fdi


def fdi_of(classes: NDArray[np.integer], jaw: Jaw) -> NDArray[np.int16]:
    """Network classes to FDI: +x is the patient's left in the upper jaw, the right in the lower."""
    place = np.where(classes > 8, classes - 8, classes)
    left = (classes <= 8) == (jaw == "upper")
    quadrant = np.where(left, 2 if jaw == "upper" else 3, 1 if jaw == "upper" else 4)
    return np.where(classes == 0, 0, quadrant * 10 + place).astype(np.int16)


def settle_jaws(upper_probability: list[float]) -> list[Jaw]:
    """Decide the jaws of one or two scans together: a pair is nearly always one of each."""
    if len(upper_probability) == 1:
        return ["upper" if upper_probability[0] >= 0.5 else "lower"]
    p, q = np.clip(upper_probability, 1e-4, 1 - 1e-4)
    same = 0.02
    options: dict[tuple[Jaw, Jaw], float] = {
        ("upper", "lower"): p * (1 - q) * (1 - same),
        ("lower", "upper"): (1 - p) * q * (1 - same),
        ("upper", "upper"): p * q * same,
        ("lower", "lower"): (1 - p) * (1 - q) * same,
    }
    first, second = max(options, key=lambda pair: options[pair])
    return [first, second]


def _several_looks(
    graph: ScanGraph, rotation: NDArray[np.float64], centre: NDArray[np.float64], model: Path | None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], float]:
    """Mean of several readings, half of them in the mirror: probabilities, kinds, votes (first frame), upper."""
    mirror = np.diag([-1.0, 1.0, 1.0])
    probabilities, kinds, votes, logits = [], [], [], []
    for tilt, yaw in GLANCES:
        turn = Rotation.from_rotvec([tilt, 0, yaw]).as_matrix()
        for flip in (False, True):
            matrix = turn @ mirror @ rotation if flip else turn @ rotation
            reading: Reading = read(graph, matrix, centre, model)
            back = reading.tooth_centre @ turn
            probabilities.append(mirrored(reading.probability) if flip else reading.probability)
            kinds.append(reading.kind)
            votes.append(back * [-1, 1, 1] if flip else back)
            upper = np.clip(reading.upper, 1e-4, 1 - 1e-4)
            logits.append(np.log(upper / (1 - upper)))
    mean, kind = (
        np.asarray(np.mean(rows, axis=0, dtype=np.float64), dtype=np.float32) for rows in (probabilities, kinds)
    )
    return mean, kind, np.asarray(np.mean(votes, axis=0)), float(1 / (1 + np.exp(-np.mean(logits))))


def _to_vertices(seen: LabelledScan, node: NDArray[np.float32]) -> NDArray[np.float32]:
    """Carry node probabilities of both samplings to the scan's vertices: from near nodes that face the same way."""
    points = np.concatenate([seen.points, seen.aside.points])
    normals = np.concatenate([seen.normals, seen.aside.normals])
    distance, near = k_nearest(points, seen.mesh.vertices, 6)
    alike = np.einsum("nkc,nc->nk", normals[near], seen.mesh.vertex_normals)
    weight = np.clip(alike, 0.05, 1.0) ** 2 / (distance + 0.15) ** 2
    weight /= weight.sum(1, keepdims=True)
    out = np.zeros((len(seen.mesh.vertices), node.shape[1]), np.float32)
    for j in range(near.shape[1]):
        out += weight[:, j : j + 1].astype(np.float32) * node[near[:, j]]
    return out


__all__ = [
    "LabelSettings",
    "LabelledScan",
    "NumberedScan",
    "ToothGroup",
    "fdi_of",
    "look_at",
    "number",
    "settle_jaws",
]
