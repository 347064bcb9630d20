"""Crisp tooth labels from soft ones: minimal cuts along creases, then one connected patch a tooth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_array, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra, maximum_flow

from oral_architect.case import Settings
from oral_architect.errors import SettingsError
from oral_architect.geometry import Mask, Mesh

Labels = NDArray[np.int16]
"""``(n,) int``, one label per vertex, 0 gingiva."""

_CAPACITY_UNITS = 1000.0  # maximum_flow wants integers; a thousandth of a unit is finer than any probability
_LEAST_PROBABILITY = 1e-4


class RefineSettings(Settings):
    """How labels are cleaned up.

    The figures are shape parameters of the method, not clinical limits.
    """

    smoothness: float = 0.5
    """Cost of a millimetre of boundary on flat ground, in natural-log units times square millimetres; chosen on twenty
    phantoms that no network was trained on."""
    crease_discount: float = 0.95
    """How much of that cost a sharp valley takes off, 0 to 1."""
    crease_curvature_per_mm: float = 0.4
    """Concave curvature at which most of the discount is given."""
    ridge_charge: float = 1.0
    """Extra cost of a boundary along a sharp convex edge, as a part of the flat cost."""
    normal_scale_mm: float = 0.35
    """Curvature is measured on normals smoothed over this distance, so that scanner noise makes no creases."""
    band_mm: float = 2.0
    """Only vertices this near to a boundary of the soft labels, or uncertain ones, may change."""
    certain: float = 0.9
    """A vertex whose best label is less probable than this may change anywhere."""
    least_candidate: float = 0.01
    """A vertex never takes a label less probable than this, except to remove an island."""
    sweeps: int = 1
    """Rounds of expansion moves over all labels; a second one changes a vertex in ten thousand."""
    second_part: float = 0.35
    """A second piece of a tooth stays when its area is this part of the main piece's."""
    gingiva_speck_mm2: float = 1.5
    """A gingiva patch smaller than this, cut off from the rest, is given to what surrounds it."""


def refine_labels(
    mesh: Mesh, probabilities: NDArray[np.floating[Any]], settings: RefineSettings | None = None
) -> Labels:
    """Turn soft labels into crisp ones whose boundaries run along the valleys of the surface.

    The labels minimise a Potts energy, vertex area times the negative logarithm of the probability plus boundary
    length times a weight that is low in concave creases, by expansion moves (Boykov, Veksler and Zabih, IEEE TPAMI
    2001;23:1222), restricted to a band around the first guess. Small islands are then given to their surroundings.

    Parameters
    ----------
    mesh
        The scan, ``n`` vertices, mm.
    probabilities
        ``(n, c) float``, class probabilities, class 0 gingiva; rows need not sum to one.
    settings
        Weights of the method.

    Returns
    -------
    (n,) int16
        Column index per vertex.

    Raises
    ------
    SettingsError
        When the table does not fit the mesh or holds negative or non-finite numbers.
    """
    settings = settings or RefineSettings()
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2 or len(table) != len(mesh.vertices) or table.shape[1] < 2:
        raise SettingsError(
            f"probabilities of shape {table.shape} do not fit {len(mesh.vertices)} vertices", where="refine_labels"
        )
    if not np.isfinite(table).all() or (table < 0).any():
        raise SettingsError("probabilities must be finite and not negative", where="refine_labels")
    total = table.sum(axis=1, keepdims=True)
    table = np.where(total > 0, table / np.where(total > 0, total, 1.0), 1.0 / table.shape[1])

    edges, dual_mm = _edges_with_dual_length(mesh)
    if len(edges) == 0:
        return np.asarray(table.argmax(axis=1), dtype=np.int16)
    cost = _vertex_areas(mesh)[:, None] * -np.log(np.maximum(table, _LEAST_PROBABILITY))
    weight = settings.smoothness * dual_mm * _crease_factor(mesh, edges, settings)
    labels = table.argmax(axis=1).astype(np.int16)
    movable = _band(mesh, edges, labels, settings.band_mm) | (table.max(axis=1) < settings.certain)
    for _ in range(settings.sweeps):
        before = labels
        for label in range(table.shape[1]):
            candidates = movable & (table[:, label] > settings.least_candidate) & (labels != label)
            if candidates.any():
                labels = _expand(labels, label, candidates, cost=cost, edges=edges, weight=weight)
        if np.array_equal(before, labels):
            break
    return remove_islands(mesh, labels, settings)


def remove_islands(mesh: Mesh, labels: NDArray[np.integer[Any]], settings: RefineSettings | None = None) -> Labels:
    """Keep one connected piece a tooth (a second only when it is big) and no specks of gingiva.

    Parameters
    ----------
    mesh
        The scan, ``n`` vertices, mm.
    labels
        ``(n,) int``, 0 gingiva.
    settings
        Sizes of what is kept.

    Returns
    -------
    (n,) int16
        What was dropped has taken the label of the nearest kept vertex along the surface.
    """
    settings = settings or RefineSettings()
    cleaned = np.asarray(labels).astype(np.int16)
    edges, _ = _edges_with_dual_length(mesh)
    area = _vertex_areas(mesh)
    same = cleaned[edges[:, 0]] == cleaned[edges[:, 1]]
    count, piece = connected_components(_graph(edges[same], len(cleaned)), directed=False)
    piece_area = np.bincount(piece, weights=area, minlength=count)
    piece_label = np.zeros(count, dtype=np.int16)
    piece_label[piece] = cleaned
    largest = np.zeros(int(cleaned.max(initial=0)) + 1)
    np.maximum.at(largest, piece_label, piece_area)
    main = largest[piece_label]
    drop = np.where(
        piece_label == 0,
        (piece_area < settings.gingiva_speck_mm2) & (piece_area < main),
        piece_area < settings.second_part * main,
    )
    lost = drop[piece] & (area > 0)
    if not lost.any() or lost.all():
        return cleaned
    return _fill_from_nearest(mesh, edges, cleaned, lost)


def concavity_per_mm(mesh: Mesh, smoothing_mm: float = 0.35) -> NDArray[np.float64]:
    """Measure how deep a valley each vertex lies in.

    Parameters
    ----------
    mesh
        The scan, mm.
    smoothing_mm
        Distance over which normals are smoothed first.

    Returns
    -------
    (n,) float, 1/mm
        Mean normal curvature over the vertex's edges, positive in valleys, negative on ridges.
    """
    edges, dual_mm = _edges_with_dual_length(mesh)
    bend = -_edge_bend(mesh, edges, _smoothed_normals(mesh, edges, smoothing_mm))
    n = len(mesh.vertices)
    total = np.bincount(edges[:, 0], bend * dual_mm, n) + np.bincount(edges[:, 1], bend * dual_mm, n)
    weight = np.bincount(edges[:, 0], dual_mm, n) + np.bincount(edges[:, 1], dual_mm, n)
    return np.asarray(total / np.maximum(weight, 1e-12))


def _graph(edges: NDArray[np.int64], n: int, weights: NDArray[np.float64] | None = None) -> csr_matrix:
    data = np.ones(len(edges)) if weights is None else weights
    return coo_matrix((data, (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()


def _vertex_areas(mesh: Mesh) -> NDArray[np.float64]:
    shares = np.repeat(mesh.face_areas / 3, 3)
    return np.asarray(np.bincount(mesh.faces.ravel(), weights=shares, minlength=len(mesh.vertices)), dtype=np.float64)


def _edges_with_dual_length(mesh: Mesh) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Undirected edges and the length of boundary that crosses each, ``(e, 2) int, (e,) float, mm``."""
    pairs = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    keys, inverse = np.unique(pairs[:, 0] * len(mesh.vertices) + pairs[:, 1], return_inverse=True)
    edges = np.stack([keys // len(mesh.vertices), keys % len(mesh.vertices)], axis=1)
    # a third of the triangle on either side, seen as a strip across the edge
    strip = np.bincount(inverse, weights=np.repeat(mesh.face_areas * 2 / 3, 3), minlength=len(edges))
    length = np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1)
    return edges, np.asarray(strip / np.maximum(length, 1e-6))


def _smoothed_normals(mesh: Mesh, edges: NDArray[np.int64], scale_mm: float) -> NDArray[np.float64]:
    normals = mesh.vertex_normals
    step = float(np.median(np.linalg.norm(mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]], axis=1)))
    rounds = min(round((scale_mm / max(step, 1e-6)) ** 2), 30)  # diffusion: distance grows with the root of the rounds
    n = len(normals)
    graph = _graph(edges, n)
    graph = graph + graph.T
    for _ in range(rounds):
        normals = normals + graph @ normals
        normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.asarray(normals)


def _edge_bend(mesh: Mesh, edges: NDArray[np.int64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal curvature along each edge, 1/mm, positive where the surface is convex."""
    along = mesh.vertices[edges[:, 1]] - mesh.vertices[edges[:, 0]]
    turn = normals[edges[:, 1]] - normals[edges[:, 0]]
    return np.asarray((turn * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9))


def _crease_factor(mesh: Mesh, edges: NDArray[np.int64], settings: RefineSettings) -> NDArray[np.float64]:
    bend = _edge_bend(mesh, edges, _smoothed_normals(mesh, edges, settings.normal_scale_mm))
    valley = 1 - np.exp(-np.maximum(-bend, 0) / settings.crease_curvature_per_mm)
    ridge = 1 - np.exp(-np.maximum(bend, 0) / settings.crease_curvature_per_mm)
    return np.asarray(1 - settings.crease_discount * valley + settings.ridge_charge * ridge)


def _band(mesh: Mesh, edges: NDArray[np.int64], labels: Labels, width_mm: float) -> Mask:
    """Vertices within ``width_mm`` of a vertex whose neighbour has another label."""
    from scipy.spatial import cKDTree

    seam = np.unique(edges[labels[edges[:, 0]] != labels[edges[:, 1]]])
    if len(seam) == 0:
        return np.zeros(len(labels), dtype=bool)
    distance, _ = cKDTree(mesh.vertices[seam]).query(mesh.vertices, distance_upper_bound=width_mm)
    return np.asarray(np.isfinite(distance))


def _expand(
    labels: Labels,
    label: int,
    candidates: Mask,
    *,
    cost: NDArray[np.float64],
    edges: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> Labels:
    """Let any of the candidates take ``label`` where that lowers the energy: one minimal cut."""
    members = np.flatnonzero(candidates)
    local = np.full(len(labels), -1, dtype=np.int64)
    local[members] = np.arange(len(members))
    keep = cost[members, labels[members]].copy()
    take = cost[members, label].copy()

    ends = local[edges]
    for side in (0, 1):  # edges with one end outside the candidates become vertex costs
        rim = (ends[:, side] >= 0) & (ends[:, 1 - side] < 0)
        node, fixed = ends[rim, side], labels[edges[rim, 1 - side]]
        own = labels[edges[rim, side]]
        keep += np.bincount(node, weight[rim] * (own != fixed), len(members))
        take += np.bincount(node, weight[rim] * (fixed != label), len(members))

    inner = (ends >= 0).all(axis=1)
    a, b, w = ends[inner, 0], ends[inner, 1], weight[inner]
    differ = labels[edges[inner, 0]] != labels[edges[inner, 1]]
    # Kolmogorov and Zabih, IEEE TPAMI 2004;26:147: two different labels split into a vertex term and one arc
    take -= np.bincount(b[differ], w[differ], len(members))
    chosen = _minimal_cut(take - keep, a, b, w, np.where(differ, 0.0, w))
    result = labels.copy()
    result[members[chosen]] = label
    return result


def _minimal_cut(
    price: NDArray[np.float64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    forward: NDArray[np.float64],
    backward: NDArray[np.float64],
) -> Mask:
    """Nodes that change, ``(k,) bool``; ``price`` is the cost of changing, arcs cost when only their head changes."""
    n = len(price)
    source, sink = n, n + 1
    nodes = np.arange(n)
    rows = np.concatenate([a, b, np.full(n, source), nodes])
    columns = np.concatenate([b, a, nodes, np.full(n, sink)])
    flow = np.concatenate([forward, backward, np.maximum(price, 0), np.maximum(-price, 0)])
    capacity = np.minimum(np.rint(flow * _CAPACITY_UNITS), 2**30).astype(np.int32)
    used = capacity > 0
    graph = csr_array((capacity[used], (rows[used], columns[used])), shape=(n + 2, n + 2))
    residual = csr_array(graph - maximum_flow(graph, source, sink).flow)
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    chosen = np.ones(n + 2, dtype=bool)
    chosen[reached] = False
    return chosen[:n]


def _fill_from_nearest(mesh: Mesh, edges: NDArray[np.int64], labels: Labels, lost: Mask) -> Labels:
    touches = lost[edges].any(axis=1)
    near = edges[touches]
    length = np.linalg.norm(mesh.vertices[near[:, 0]] - mesh.vertices[near[:, 1]], axis=1)
    seeds = np.unique(near[~lost[near]])
    if len(seeds) == 0:
        return labels
    graph = _graph(near, len(labels), np.maximum(length, 1e-9))
    _, _, origin = dijkstra(graph, directed=False, indices=seeds, min_only=True, return_predecessors=True)
    reached = lost & (origin >= 0)
    filled = labels.copy()
    filled[reached] = labels[origin[reached]]
    return filled
