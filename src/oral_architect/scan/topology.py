"""How faces hang together: shared edges, components, boundary loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """Half-edges sorted so that the two (or more) of one edge are neighbours.

    Parameters
    ----------
    half
        ``(3m,) int``: half-edge numbers ``3 * face + corner``, sorted by edge; a half-edge runs from its
        corner to the next one of the face.
    first
        ``(e,) int``: where each edge begins in ``half``.
    uses
        ``(e,) int``: how many half-edges each edge has.
    """

    half: Ints
    first: Ints
    uses: Ints

    @classmethod
    def of(cls, faces: NDArray[np.int32]) -> Edges:
        """Sort the half-edges of ``(m, 3)`` faces."""
        tails = faces.reshape(-1).astype(np.int64)
        heads = np.roll(faces, -1, axis=1).reshape(-1).astype(np.int64)
        keys = np.minimum(tails, heads) * (int(faces.max(initial=0)) + 1) + np.maximum(tails, heads)
        half = np.argsort(keys, kind="stable")
        ordered = keys[half]
        first = np.flatnonzero(np.diff(ordered, prepend=-1))
        return cls(half, first, np.diff(first, append=len(half)))

    def pairs(self) -> tuple[Ints, Ints]:
        """The two half-edges of every edge that has exactly two."""
        at = self.first[self.uses == 2]
        return self.half[at], self.half[at + 1]

    def boundary(self) -> Ints:
        """The half-edges that have no partner."""
        return np.asarray(self.half[self.first[self.uses == 1]])


def groups(count: int, a: Ints, b: Ints) -> tuple[int, Ints]:
    """Number the connected components of ``count`` things joined by the pairs ``a``-``b``.

    Returns
    -------
    int, (count,) int
        How many there are, and which each thing belongs to.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    number, labels = connected_components(graph, directed=False)
    return int(number), labels.astype(np.int64)


def face_components(faces: NDArray[np.int32]) -> tuple[int, Ints]:
    """Number the pieces of a surface; faces belong together when they share an edge."""
    edges = Edges.of(faces)
    # consecutive half-edges of one edge, so that edges with three faces join all three
    same = np.flatnonzero(np.diff(np.repeat(np.arange(len(edges.first)), edges.uses)) == 0)
    return groups(len(faces), edges.half[same] // 3, edges.half[same + 1] // 3)


def boundary_loops(faces: NDArray[np.int32]) -> int:
    """Count the closed lines in which the surface ends."""
    flat = faces.reshape(-1)
    tails_at = Edges.of(faces).boundary()
    tails = flat[tails_at]
    heads = flat[tails_at // 3 * 3 + (tails_at + 1) % 3]
    used, numbers = np.unique(np.concatenate([tails, heads]), return_inverse=True)
    if len(used) == 0:
        return 0
    return groups(len(used), numbers[: len(tails)].astype(np.int64), numbers[len(tails) :].astype(np.int64))[0]
