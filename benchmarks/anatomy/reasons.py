"""Why the labels of an arch are wrong, said in words by rules from the truth and what was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.training.scores import class_iou
from oral_architect.teeth.fdi import Jaw, arch, jaw_of

Labels = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

FOUND_FROM = 0.5
"""A told piece is a true tooth when their intersection over union is at least this."""
SPLIT_FROM = 0.18
"""A tooth is split when two told numbers each cover this share of it."""
MERGED_FROM = 0.4
"""Two teeth are taken for one when one told number covers this share of both."""
UNSEEN_FROM = 0.6
CUT_SHORT_FROM = 0.25
INVENTED_FROM = 0.7
"""A told piece is invented when this share of it is truly gingiva."""
SPILLED_FROM = 0.25
SMALL = 0.45
"""A tooth of less than this share of the median size of the arch's teeth is called small."""
AS_LARGE = 0.85
"""A tooth called premolar in the truth that has this share of the first molar's size may be a molar itself."""
WORTH_SAYING = 0.06
"""A reason is told when it explains this share of the wrong vertices."""
MOST_REASONS = 3
OTHER_JAW = {1: 4, 2: 3, 3: 2, 4: 1, 5: 8, 6: 7, 7: 6, 8: 5}
OTHER_SIDE = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}


@dataclass(frozen=True, eq=False)
class Reason:
    """One thing that went wrong."""

    words: str
    kind: str
    wrong: Bools
    """``(n,) bool``: the wrong vertices it explains."""


@dataclass(frozen=True)
class Verdict:
    """What went wrong with an arch."""

    line: str
    reasons: tuple[str, ...]
    kinds: tuple[str, ...] = field(default=())
    explained: float = 0.0
    """Share of the wrong vertices the reasons cover."""


def explain(truth: Labels, told: Labels, jaw: Jaw, boundary_mm: float | None = None) -> Verdict:
    """Say why the labels of one arch are wrong, the weightiest reason first.

    Parameters
    ----------
    truth, told
        ``(n,) int``: FDI of each vertex, 0 gingiva.
    jaw
        The true one.
    boundary_mm
        Mean deviation of the boundaries, mm, when it is known.
    """
    wrong = truth != told
    if not wrong.any():
        return Verdict("Every vertex is right.", ())
    reasons, seen = _turned(truth, told, jaw)
    reasons += _numbers(truth, seen)
    reasons += _split_and_merged(truth, seen)
    reasons += _unseen(truth, seen)
    reasons += _invented(truth, seen)
    covered = np.zeros(len(truth), bool)
    kept: list[Reason] = []
    # each reason counts for what no weightier one has explained already
    for reason in sorted(reasons, key=lambda r: (-int((r.wrong & wrong).sum()), r.words)):
        new = int((reason.wrong & wrong & ~covered).sum())
        if new >= WORTH_SAYING * wrong.sum() and len(kept) < MOST_REASONS:
            kept.append(reason)
            covered |= reason.wrong & wrong
    explained = float(covered.sum() / wrong.sum())
    words = [r.words for r in kept]
    kinds = [r.kind for r in kept]
    if explained < 0.5 or not words:
        by = f" by {boundary_mm:.1f} mm in the mean" if boundary_mm is not None else ""
        words.append(f"boundaries deviate{by}")
        kinds.append("boundary")
    line = "; ".join(words)
    return Verdict(line[:1].upper() + line[1:] + ".", tuple(words), tuple(kinds), explained)


def row(jaw: Jaw, numbers: Sequence[int]) -> list[int]:
    """Sort numbers from the patient's right to left; milk teeth stand at their successors' places, x9 at the end."""
    order = {fdi: i for i, fdi in enumerate(arch(jaw))}
    return sorted(numbers, key=lambda f: (order.get(_place(f), 7.5 if f // 10 in (1, 4) else 8.5), f))


def _place(fdi: int) -> int:
    return fdi - 40 if fdi >= 50 else fdi


def _turned(truth: Labels, told: Labels, jaw: Jaw) -> tuple[list[Reason], Labels]:
    """The whole arch in the wrong jaw, or its sides swapped; returns the labels with that put right."""
    reasons: list[Reason] = []
    tooth = (truth > 0) & (told > 0)
    if not tooth.any():
        return reasons, told
    seen = told.copy()
    other = np.array([t > 0 and jaw_of(int(t)) != jaw for t in seen])
    if other[tooth].mean() > 0.5:
        wrong = "upper" if jaw == "lower" else "lower"
        reasons.append(Reason(f"the {jaw} arch was read as {wrong}", "jaw", tooth & other))
        seen = np.where(other, _quadrants(seen, OTHER_JAW), seen)
    mirrored = _quadrants(seen, OTHER_SIDE)
    if ((mirrored == truth) & tooth).sum() > 2 * ((seen == truth) & tooth).sum():
        reasons.append(Reason("left and right were swapped", "sides", tooth))
        seen = mirrored
    return reasons, seen


def _quadrants(labels: Labels, to: dict[int, int]) -> Labels:
    table = np.arange(100)
    for quadrant, other in to.items():
        table[quadrant * 10 : quadrant * 10 + 10] = np.arange(other * 10, other * 10 + 10)
    return table[labels]


def _numbers(truth: Labels, told: Labels) -> list[Reason]:
    """Teeth found under a wrong number: runs in which all are off by as many places, and single ones."""
    reasons: list[Reason] = []
    seen_numbers = set(_present(told))
    called = {}
    for fdi in _present(truth):
        own, iou = _best(truth == fdi, told)
        if own and iou >= FOUND_FROM:
            called[fdi] = own
    for quadrant in range(1, 9):
        mine = [f for f in sorted(called) if f // 10 == quadrant]
        steps = [(f, called[f] - f if called[f] // 10 == quadrant else None) for f in mine]
        for step, run in groupby(steps, key=lambda s: s[1]):
            teeth = [f for f, _ in run]
            if step == 0:
                continue
            wrong = np.isin(truth, teeth) & (truth != told)
            alone = len(teeth) == 1 and _odd(teeth[0], called[teeth[0]])
            if step is None or step not in (-1, 1) or alone:
                words = [(f, _single(f, called[f])) for f in teeth]
                reasons += [Reason(said, "number", (truth == f) & (told == called[f])) for f, said in words]
                continue
            reasons.append(
                Reason(_shift(teeth, step, truth, seen_numbers), "shift" if len(teeth) > 1 else "number", wrong)
            )
    return reasons


def _odd(fdi: int, called: int) -> bool:
    """A single wrong number with words of its own."""
    return {fdi % 10, called % 10} == {7, 8} or fdi % 10 == 9 or called % 10 == 9


def _single(fdi: int, called: int) -> str:
    if fdi // 10 == called // 10 and (fdi % 10, called % 10) == (8, 7):
        return f"third molar {fdi} called second, {called}"
    if fdi // 10 == called // 10 and (fdi % 10, called % 10) == (7, 8):
        return f"second molar {fdi} called third, {called}"
    if fdi >= 50 > called:
        return f"milk tooth {fdi} called {called}"
    if called >= 50 > fdi:
        return f"{fdi} called milk tooth {called}"
    if fdi % 10 == 9:
        return f"supernumerary tooth {fdi} called {called}"
    return f"{fdi} called {called}"


def _shift(teeth: list[int], step: int, truth: Labels, told: set[int]) -> str:
    """A run of neighbours, from mesial to distal, off by one."""
    first, last = teeth[0], teeth[-1]
    present = set(_present(truth))
    gap = [f for f in range(first // 10 * 10 + 1, first) if f not in present]
    before = [f for f in range(first // 10 * 10 + 1, first) if f in present]
    hole = [f for f in gap if not before or f > max(before)]
    inside = [f for f in sorted(present) if first <= f <= last]
    if len(teeth) == 1:
        words = f"{first} called {first + step}"
    elif inside == teeth and len(teeth) > 2:
        words = f"numbers shifted by one from {first} on: {first}–{last} called {first + step}–{last + step}"
    else:
        words = f"{_listed(teeth)} called {_listed([f + step for f in teeth])}"
    if step < 0 and hole:
        words += f" (missing {' and '.join(map(str, hole))} not counted as a gap)"
    elif step > 0 and first not in told:
        words += f" (as if {first} were missing{' too' if hole else ''})"
    doubtful = _as_large_as_a_molar(truth, first // 10)
    if step > 0 and doubtful and first <= doubtful <= last:
        words += f", but what the truth calls {doubtful} is as large as a molar"
    return words


def _as_large_as_a_molar(truth: Labels, quadrant: int) -> int:
    """The premolar of a quadrant that is far larger than a premolar is beside its neighbours; 0 when there is none."""
    size = {f: int((truth == f).sum()) for f in _present(truth) if f // 10 == quadrant}
    for place in (4, 5):
        mine, molar = size.get(quadrant * 10 + place, 0), size.get(quadrant * 10 + 6, 0)
        if molar and mine >= AS_LARGE * molar:
            return quadrant * 10 + place
    return 0


def _listed(numbers: list[int]) -> str:
    words = [str(n) for n in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _split_and_merged(truth: Labels, told: Labels) -> list[Reason]:
    reasons = []
    covers: dict[int, list[int]] = {}
    for fdi in _present(truth):
        mine = truth == fdi
        numbers, counts = np.unique(told[mine], return_counts=True)
        share = dict(zip(numbers.tolist(), (counts / mine.sum()).tolist(), strict=True))
        parts = sorted((n for n, s in share.items() if n and s >= SPLIT_FROM), key=lambda n: -share[n])
        if len(parts) > 1:
            reasons.append(
                Reason(f"{fdi} split into {' and '.join(map(str, parts))}", "split", mine & (told != fdi) & (told > 0))
            )
        for number, s in share.items():
            if number and s >= MERGED_FROM:
                covers.setdefault(number, []).append(fdi)
    for number, teeth in covers.items():
        if len(teeth) > 1:
            words = f"{' and '.join(map(str, teeth))} taken for one tooth, {number}"
            reasons.append(Reason(words, "merged", np.isin(truth, teeth) & (told == number) & (truth != number)))
    return reasons


def _unseen(truth: Labels, told: Labels) -> list[Reason]:
    reasons = []
    sizes = {f: int((truth == f).sum()) for f in _present(truth)}
    usual = float(np.median(list(sizes.values()))) if sizes else 0.0
    for fdi, size in sizes.items():
        lost = (truth == fdi) & (told == 0)
        share = lost.sum() / size
        small = f", of {size / usual:.0%} the size of the others," if size < SMALL * usual else ""
        if share >= UNSEEN_FROM:
            reasons.append(Reason(f"{fdi}{small} not seen: taken for gingiva", "unseen", lost))
        elif share >= CUT_SHORT_FROM:
            reasons.append(Reason(f"{share:.0%} of {fdi}{small} taken for gingiva", "cut short", lost))
    return reasons


def _invented(truth: Labels, told: Labels) -> list[Reason]:
    reasons = []
    for number in _present(told):
        piece = told == number
        gum = piece & (truth == 0)
        share = gum.sum() / piece.sum()
        if share >= INVENTED_FROM:
            reasons.append(Reason(f"gingiva called a tooth, {number}", "invented", gum))
        elif share >= SPILLED_FROM:
            reasons.append(
                Reason(f"gingiva around {number} called tooth ({share:.0%} of what it was given)", "spilled", gum)
            )
    return reasons


def _present(labels: Labels) -> list[int]:
    return [int(f) for f in np.unique(labels) if f]


def _best(mine: Bools, told: Labels) -> tuple[int, float]:
    """The told number that fits a true tooth best, and their intersection over union."""
    numbers = [int(n) for n in np.unique(told[mine]) if n]
    if not numbers:
        return 0, 0.0
    overlap = {n: class_iou(mine.astype(int), (told == n).astype(int))[1] for n in numbers}
    best = max(numbers, key=lambda n: (overlap[n], -n))
    return best, overlap[best]
