"""From what the network says to teeth: group votes into teeth, then number them as an arch allows.

Each node votes for the centre of its own tooth; votes that meet are one tooth. Numbers are then given to the whole
row at once: they must run along the arch without repeating, neighbours must stand as far apart as teeth of those
numbers do, and a gap may skip numbers. So a missing tooth does not shift the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial import cKDTree
from scipy.special import logsumexp

from oral_architect.geometry.neighbours import k_nearest
from oral_architect.teeth.fdi import Jaw, arch
from oral_architect.teeth.shape_model import crown_model

ROW = (*range(16, 8, -1), *range(1, 9))
"""The network's classes along the arch, from the far end of the -x side to that of the +x side."""
LEAST_NODES = 14
"""Fewer nodes (of 0.8 mm) than this are no tooth."""
VOTE_MM = 1.5
APART_MM = 3.0
"""Centres of two teeth are farther apart than this."""
REACH_MM = 5.0
DROP_COST = 3.0
"""Cost, in natural-log units, of taking a group of votes for no tooth."""
MERGE_COST = 1.2
SPACING_WEIGHT = 0.35
MILK_SLACK = 1.5
"""Distances beside a milk tooth are this much less certain: the expected ones are those of permanent teeth."""
PERMANENT, DECIDUOUS, SUPERNUMERARY = 0, 1, 2
LAST_DECIDUOUS = 5


@dataclass(frozen=True, eq=False)
class ToothGroup:
    """Nodes that belong to one tooth."""

    nodes: NDArray[np.int64]
    centre_mm: NDArray[np.float64]
    """``(3,) float``, trial frame."""
    number: int
    """Network class 1-16; of a supernumerary tooth the class it looks most like."""
    kind: int
    """0 permanent, 1 deciduous, 2 supernumerary."""
    confidence: float
    """0 to 1: the share of all ways to number the row that give it this number, times how sure its kind is."""


def group_votes(
    votes: NDArray[np.float64], tooth_probability: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the centres on which votes meet.

    Parameters
    ----------
    votes
        ``(n, 3) float, mm``: where each node believes its tooth's centre is.
    tooth_probability
        ``(n,) float``: that the node is on a tooth.

    Returns
    -------
    (k, 3) float mm, (n,) int
        Centres, and for each node its centre, -1 for none.
    """
    tooth = np.flatnonzero(tooth_probability > 0.5)
    owner = np.full(len(votes), -1, dtype=np.int64)
    if len(tooth) < LEAST_NODES:
        return np.zeros((0, 3)), owner
    cast = votes[tooth]
    tree = cKDTree(cast)
    support = np.asarray(tree.query_ball_point(cast, VOTE_MM, return_length=True))
    centres: list[NDArray[np.float64]] = []
    for i in np.argsort(-support, kind="stable"):
        if support[i] < LEAST_NODES // 2:
            break
        if all(np.linalg.norm(cast[i] - c) > APART_MM for c in centres):
            centres.append(cast[i])
    if not centres:
        return np.zeros((0, 3)), owner
    found = np.array(centres)
    for _ in range(3):
        distance, near = _nearest(found, cast)
        inner = distance < 2 * VOTE_MM
        for k in range(len(found)):
            own = inner & (near == k)
            if own.any():
                found[k] = cast[own].mean(0)
    distance, near = _nearest(found, cast)
    near = np.where(distance < REACH_MM, near, -1)
    size = np.bincount(near[near >= 0], minlength=len(found))
    kept = np.flatnonzero(size >= LEAST_NODES)
    renamed = np.full(len(found) + 1, -1)
    renamed[kept] = np.arange(len(kept))
    owner[tooth] = renamed[near]
    return found[kept], owner


def number_teeth(
    centres: NDArray[np.float64],
    owner: NDArray[np.int64],
    probability: NDArray[np.float32],
    kind: NDArray[np.float32],
    jaw: Jaw,
) -> list[ToothGroup]:
    """Number groups of votes along the arch; supernumerary teeth stand outside the row.

    Parameters
    ----------
    centres, owner
        From :func:`group_votes`.
    probability
        ``(n, 17) float``.
    kind
        ``(n, 3) float``.
    jaw
        Which jaw, for the distances between neighbours.
    """
    if len(centres) == 0:
        return []
    log_p = np.log(probability[:, list(ROW)] + 2e-3)
    score = np.array([log_p[owner == k].mean(0) for k in range(len(centres))])
    kinds = np.array([kind[owner == k].mean(0) for k in range(len(centres))])
    of_row = np.flatnonzero(kinds[:, SUPERNUMERARY] <= 0.5)
    parts: dict[tuple[int, int], list[int]] = {}
    sure: dict[int, float] = {}
    if len(of_row):
        order = of_row[_along(centres[of_row], score[of_row])]
        deciduous = _deciduous(kinds[order], score[order])
        links = _links(centres[order], deciduous, _distances(jaw))
        chosen = _best_row(score[order], links)
        chance = _chances(score[order], links)
        for i, (k, place) in enumerate(zip(order, chosen, strict=True)):
            if place >= 0:
                told = DECIDUOUS if deciduous[i] and _place(ROW[place]) <= LAST_DECIDUOUS else PERMANENT
                parts.setdefault((int(place), told), []).append(int(k))
                sure[int(k)] = float(chance[i, place] * kinds[k, told])
    teeth = [_group(own, ROW[place], milk, centres, owner, sure) for (place, milk), own in sorted(parts.items())]
    for k in np.flatnonzero(kinds[:, SUPERNUMERARY] > 0.5):
        like = ROW[int(score[k].argmax())]
        sure[int(k)] = float(kinds[k, SUPERNUMERARY])
        teeth.append(_group([int(k)], like, SUPERNUMERARY, centres, owner, sure))
    return teeth


def teeth_probability(
    teeth: list[ToothGroup],
    votes: NDArray[np.float64],
    probability: NDArray[np.float32],
    kind: NDArray[np.float32],
    spread_mm: float = 1.3,
) -> NDArray[np.float32]:
    """Probabilities after grouping: each node shares its tooth probability among the teeth it votes for.

    Returns
    -------
    (n, 1 + k) float32
        Gingiva, then the teeth in their order; rows sum to one.
    """
    out = np.zeros((len(votes), 1 + len(teeth)), np.float32)
    out[:, 0] = probability[:, 0]
    if not teeth:
        out[:, 0] = 1
        return out
    away = np.stack([((votes - t.centre_mm) ** 2).sum(1) for t in teeth], 1) / (2 * spread_mm**2)
    by_vote = np.exp(-(away - away.min(1, keepdims=True)))
    by_vote /= by_vote.sum(1, keepdims=True)
    by_class = np.stack([probability[:, t.number] * kind[:, t.kind] for t in teeth], 1) + 1e-4
    by_class /= by_class.sum(1, keepdims=True)
    out[:, 1:] = (1 - probability[:, :1]) * (0.75 * by_vote + 0.25 * by_class)
    return out


def _group(
    members: list[int],
    number: int,
    kind: int,
    centres: NDArray[np.float64],
    owner: NDArray[np.int64],
    sure: dict[int, float],
) -> ToothGroup:
    sizes = [int((owner == k).sum()) for k in members]
    centre = np.average(centres[members], axis=0, weights=sizes)
    confidence = float(np.average([sure[k] for k in members], weights=sizes))
    return ToothGroup(np.flatnonzero(np.isin(owner, members)), centre, number, kind, float(np.clip(confidence, 0, 1)))


def _place(number: int) -> int:
    """Place from the midline, 1-8, of a network class."""
    return number - 8 if number > 8 else number


def _deciduous(kinds: NDArray[np.float32], score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which groups are milk teeth: said to be, and standing where milk teeth can."""
    place = np.array([_place(n) for n in ROW])
    chance = np.exp(score)
    possible = chance[:, place <= LAST_DECIDUOUS].sum(1) > chance[:, place > LAST_DECIDUOUS].sum(1)
    return np.asarray((kinds[:, DECIDUOUS] > kinds[:, PERMANENT]) & possible)


def _nearest(
    points: NDArray[np.float64], queries: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    distance, index = k_nearest(points, queries, 1)
    return distance[:, 0], index[:, 0]


def _distances(jaw: Jaw) -> NDArray[np.float64]:
    """``(16,)``: places of the mean teeth along the arch, mm, in the order of ``ROW``."""
    row = arch(jaw) if jaw == "upper" else arch(jaw)[::-1]  # -x is the patient's right in the upper jaw only
    centres = np.array([crown_model(t).arch_pose[:3, 3] for t in row])
    return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(centres, axis=0), axis=1))])


def _along(centres: NDArray[np.float64], score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order of the groups along the arch, from the -x side's far end."""
    weight = np.exp(score - score.max(1, keepdims=True))
    expected = (weight * np.arange(16)).sum(1) / weight.sum(1)
    if len(centres) < 4:
        return np.argsort(expected, kind="stable")
    xy = centres[:, :2]
    start = np.r_[xy.mean(0) - [0, 10.0], 25.0]

    def off_circle(c: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.hypot(xy[:, 0] - c[0], xy[:, 1] - c[1]) - c[2])

    circle = least_squares(off_circle, start, loss="soft_l1", f_scale=2.0, max_nfev=60).x
    angle = np.arctan2(xy[:, 0] - circle[0], xy[:, 1] - circle[1])
    order = np.argsort(angle, kind="stable")
    gaps = np.diff(np.append(angle[order], angle[order[0]] + 2 * np.pi))
    order = np.roll(order, -(int(gaps.argmax()) + 1))
    rank = np.arange(len(order))
    if np.corrcoef(rank, expected[order])[0, 1] < 0:
        order = order[::-1]
    return np.asarray(order)


def _links(centres: NDArray[np.float64], deciduous: NDArray[np.bool_], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score of group j at place a being followed by group i at place b, ``(n, n, 16, 16)``; minus infinity for never.

    Groups between j and i are dropped. Numbers rise; the same number twice joins two parts of a tooth, or sets a
    milk tooth beside its successor.
    """
    n, m = len(centres), len(at)
    out = np.full((n, n, m, m), -np.inf)
    step = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    expected = at[None, :] - at[:, None]
    skipped = np.maximum(np.arange(m)[None, :] - np.arange(m)[:, None] - 1, 0)
    falling = np.tril_indices(m)
    same = (np.arange(m), np.arange(m))
    for i in range(n):
        for j in range(i):
            sigma = (1.5 + 1.2 * skipped) * (MILK_SLACK if deciduous[i] or deciduous[j] else 1.0)
            spacing = -0.5 * ((step[j, i] - expected) / sigma) ** 2 - np.log(sigma / 1.5)
            move = SPACING_WEIGHT * np.maximum(spacing, -12)
            move[falling] = -np.inf
            beside = deciduous[i] != deciduous[j]
            move[same] = -MERGE_COST - (0.0 if beside else 2.0 * max(step[j, i] - 3.5, 0.0))
            out[j, i] = move - DROP_COST * (i - j - 1)
    return out


def _best_row(score: NDArray[np.float64], links: NDArray[np.float64]) -> NDArray[np.int64]:
    """Place of each group in ``ROW``, rising, -1 for dropped; dynamic programming over (last kept group, its place)."""
    n, m = score.shape
    best = np.full((n, m), -np.inf)
    back = np.full((n, m, 2), -1, dtype=np.int64)
    for i in range(n):
        best[i] = score[i] - DROP_COST * i
        for j in range(i):
            move = best[j][:, None] + links[j, i]
            source = move.argmax(0)
            gain = move[source, np.arange(m)] + score[i]
            better = gain > best[i]
            best[i][better] = gain[better]
            back[i, better, 0] = j
            back[i, better, 1] = source[better]
    tail = best.max(1) - DROP_COST * (n - 1 - np.arange(n))
    i = int(tail.argmax())
    place = int(best[i].argmax())
    out = np.full(n, -1, dtype=np.int64)
    while i >= 0:
        out[i] = place
        i, place = (int(v) for v in back[i, place])
    return out


def _chances(score: NDArray[np.float64], links: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of all rows, weighted by their score, that give group i place p, ``(n, 16)``: forward and backward sums."""
    n, m = score.shape
    before = np.full((n, m), -np.inf)
    after = np.zeros((n, m))
    for i in range(n):
        ways = [score[i] - DROP_COST * i]
        ways += [score[i] + logsumexp(before[j][:, None] + links[j, i], axis=0) for j in range(i)]
        before[i] = logsumexp(ways, axis=0)
    for j in reversed(range(n)):
        ways = [np.full(m, -DROP_COST * (n - 1 - j))]
        ways += [logsumexp(links[j, i] + (score[i] + after[i])[None], axis=1) for i in range(j + 1, n)]
        after[j] = logsumexp(ways, axis=0)
    total = logsumexp((before - DROP_COST * (n - 1 - np.arange(n))[:, None]).ravel())
    return np.asarray(np.exp(before + after - total))
