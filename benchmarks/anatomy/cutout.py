"""Cut one to four teeth out of each labelled arch and see whether those that stay are still numbered right.

    python -m benchmarks.anatomy.cutout --arches FOLDER [--seeds 2] [--every 5]

The faces of the teeth that go are deleted, so that holes stay in the scan.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import Any

import numpy as np
from benchmarks.anatomy.arches import Told, add_arch_options, arches, row, say, tell_mesh

from oral_architect.anatomy.training.labelled import LabelledArch

GOAL = 0.97
MOST_CUT = 4


def cut(arch: LabelledArch, gone: list[int]) -> tuple[Any, np.ndarray[Any, Any]]:
    """Delete the faces of some teeth; returns the scan and the true number of each of its vertices."""
    part, kept = arch.mesh.part(~np.isin(arch.truth, gone))
    truth = np.where(np.isin(arch.labels[kept], gone), 0, arch.labels[kept])
    return part, truth


def verdict(told: Told, truth: np.ndarray[Any, Any], teeth: list[int]) -> dict[int, int]:
    """Say for each tooth that stays which number the program gave to most of it; 0 where it saw none."""
    out = {}
    for tooth in teeth:
        own = told.labels[truth == tooth]
        numbers, count = np.unique(own[own > 0], return_counts=True)
        out[tooth] = int(numbers[count.argmax()]) if 2 * count.sum() >= len(own) and len(numbers) else 0
    return out


def pattern(teeth: tuple[int, ...], gone: list[int], said: dict[int, int]) -> str:
    """Name what went wrong: the teeth cut, by place and how many in a row, and what became of those that stay."""
    row_of = sorted(teeth, key=lambda t: (t % 10) * (1 if t // 10 in (2, 3) else -1))
    ends = {row_of[0], row_of[-1]}
    runs, last = [], None
    for i, tooth in enumerate(row_of):
        if tooth in gone:
            if last is not None and i == last + 1:
                runs[-1] += 1
            else:
                runs.append(1)
            last = i
    wrong = {t: s for t, s in said.items() if s != t}
    unseen = sum(s == 0 for s in wrong.values())
    shifted = sum(s != 0 and s // 10 == t // 10 and abs(s - t) == 1 for t, s in wrong.items())
    behind = all(any(g // 10 == t // 10 and g % 10 < t % 10 for g in gone) for t in wrong)
    where = "end of the row" if ends & set(gone) else "inside the row"
    return (
        f"longest gap {max(runs)}, {where}; wrong {len(wrong)} (unseen {unseen}, off by one {shifted}"
        f"{', all behind a gap' if behind else ''})"
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured, and on what."""
    add_arch_options(parser)
    parser.add_argument("--seeds", type=int, default=2, help="different cuts of each arch")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Cut, label and count."""
    right = total = clean = scans = jaw_wrong = 0
    by_count: dict[int, Counter[str]] = {n: Counter() for n in range(1, MOST_CUT + 1)}
    failures = []
    for arch in arches(options):
        for seed in range(options.seeds):
            rng = np.random.default_rng([options.seed, seed, *arch.name.encode()])
            count = 1 + int(rng.integers(MOST_CUT))
            gone = sorted(int(t) for t in rng.choice(arch.teeth, count, replace=False))
            mesh, truth = cut(arch, gone)
            stay = [t for t in arch.teeth if t not in gone]
            told = tell_mesh(mesh, options.model)
            said = verdict(told, truth, stay)
            wrong = {t: s for t, s in said.items() if s != t}
            good = len(stay) - len(wrong)
            right, total, scans = right + good, total + len(stay), scans + 1
            clean += not wrong
            jaw_wrong += told.jaw != arch.jaw
            by_count[count].update(right=good, total=len(stay))
            if wrong:
                failures.append(
                    {
                        "arch": arch.name,
                        "seed": seed,
                        "cut": gone,
                        "said": wrong,
                        "jaw": told.jaw,
                        "error": told.error,
                        "pattern": pattern(arch.teeth, gone, said),
                    }
                )
                say(f"cutout {arch.name} without {gone}: {wrong} {told.error}")
    share = right / max(total, 1)
    detail = {
        "teeth": total,
        "right": right,
        "scans": scans,
        "scans_all_right": clean,
        "jaw_wrong": jaw_wrong,
        "by_number_cut": {n: c["right"] / c["total"] for n, c in by_count.items() if c["total"]},
        "failures": failures,
    }
    return {
        "rows": [row("one to four teeth cut out", "numbers of the remaining teeth right", "≥ 0.97", share, least=GOAL)],
        "detail": detail,
    }


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
