"""One analytic crown, made once."""

from __future__ import annotations

import pytest

from oral_architect.design.bodies import Body, CementSettings, crown_body
from oral_architect.design.preparation import Preparation

from .shapes import barrel, stump


@pytest.fixture(scope="session")
def frustum() -> Preparation:
    """A cone frustum with a flat shoulder."""
    return stump()


@pytest.fixture(scope="session")
def crown(frustum: Preparation) -> Body:
    """A crown on it, for a printer (no milling ball)."""
    return crown_body(barrel(), frustum, CementSettings(tool_radius_mm=0.0))


@pytest.fixture(scope="session")
def milled_crown(frustum: Preparation) -> Body:
    """The same for a mill."""
    return crown_body(barrel(), frustum, CementSettings())
