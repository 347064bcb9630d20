import numpy as np
import pytest

from findings.mouth import build, cavity, fracture, wear
from oral_architect import design, findings
from oral_architect.anatomy.document import Bite
from oral_architect.case import matrix4

TEETH = (14, 15, 16, 24, 25, 26, 44, 45, 46)
DAMAGES = {16: wear(1.0), 14: fracture(1.8), 25: cavity(1.6, 1.2)}


@pytest.fixture(scope="session")
def mouth():
    """Landscape, truths, findings and design of nine teeth, three of them damaged."""
    landscape, truths = build(DAMAGES, teeth=TEETH, seed=5)
    bite = Bite(
        given=True,
        lower_moved=matrix4(np.eye(4)),
        contacts=(),
        max_penetration_mm=0.0,
        residual_mm=0.0,
        ambiguous=False,
    )
    lowered = {f"crown_{t}": landscape.crown(t).transformed(_shift(-8.0)) for t in TEETH if t // 10 == 4}
    landscape = landscape.model_copy(update={"bite": bite, "shapes": {**landscape.shapes, **lowered}})
    found = findings.run(landscape)
    return landscape, truths, found, design.run(landscape, found)


def _shift(z_mm):
    matrix = np.eye(4)
    matrix[2, 3] = z_mm
    return matrix
