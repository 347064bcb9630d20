import pytest

from oral_architect.findings import run

from .mouth import build, cavity, fracture, wear

TEETH = (11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26)
DAMAGES = {16: wear(1.0), 24: fracture(1.8), 25: cavity(1.6, 1.2), 21: fracture(2.0)}


@pytest.fixture(scope="session")
def damaged():
    """Landscape, truths and findings of twelve teeth, four of them damaged."""
    landscape, truths = build(DAMAGES, teeth=TEETH, seed=3)
    return landscape, truths, run(landscape)
