"""Direct additive rebuild: what a wanted form adds to a tooth, without preparation and without cement."""

from __future__ import annotations

from oral_architect.design.solid import Closed, add
from oral_architect.geometry import Mesh

from .document import Body


def additive_body(form: Mesh, tooth: Closed) -> Body:
    """Return what a closed form adds to a tooth closed by :func:`oral_architect.design.solid.close_below`.

    Raises
    ------
    StageError
        When the form adds nothing, or no closed body results.
    """
    built = add(form, tooth)
    return Body(built.body, built.outer, ~built.outer, built.whole, built.route)
