"""Label every arch as given and turned at random, in a random unit, its jaw not named, and tell what is lost.

python -m benchmarks.anatomy.posed --arches FOLDER [--every 5]
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from benchmarks.anatomy.arches import add_arch_options, arches, row, say, tell, tell_mesh
from benchmarks.anatomy.segmentation import GOALS, scored
from scipy.spatial.transform import Rotation

from oral_architect.anatomy.training.scores import MEANS, ArchScore, summary
from oral_architect.geometry import Mesh

UNITS = {"mm": 1.0, "cm": 0.1, "m": 0.001, "inch": 1 / 25.4}
MOST_LOST = 0.01


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what is measured, and on what."""
    add_arch_options(parser)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Label both ways and take the difference."""
    given: list[ArchScore] = []
    turned: list[ArchScore] = []
    jaws = 0
    for arch in arches(options):
        given.append(scored(arch, tell(arch.path, len(arch.mesh.vertices), options.model)))
        rng = np.random.default_rng([options.seed, *arch.name.encode()])
        unit = UNITS[sorted(UNITS)[int(rng.integers(len(UNITS)))]]
        rotation = Rotation.random(random_state=rng).as_matrix()
        vertices = (arch.mesh.vertices @ rotation.T + rng.normal(0, 30, 3)) * unit
        told = tell_mesh(Mesh(vertices, arch.mesh.faces), options.model)
        jaws += told.jaw == arch.jaw
        turned.append(scored(arch, told))  # scored in millimetres, as given
        if len(given) % 20 == 0:
            say(f"posed: {len(given)} arches")
    first, second = summary(given), summary(turned)
    rows = [
        row(
            "arches, random pose and unit", f"{name} lost", f"≤ {MOST_LOST:g}", first[key] - second[key], most=MOST_LOST
        )
        for key, name, _ in GOALS
    ]
    detail = {
        "given": first,
        "turned": second,
        "jaws_right_turned": jaws,
        "lost": {key: first[key] - second[key] for key in (*MEANS, "score")},
    }
    return {"rows": rows, "detail": detail}


def main() -> None:
    """Run alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    print(json.dumps(run(parser.parse_args()), indent=1))


if __name__ == "__main__":
    main()
