"""Outer forms for a tooth, inferred as the patient's own, and plainer ones to compare them with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .document import Proposal, ProposalName, ProposalSettings

if TYPE_CHECKING:
    from .stage import propose

__all__ = ["Proposal", "ProposalName", "ProposalSettings", "propose"]


def __getattr__(name: str) -> Any:
    """Load what needs heavy libraries only when it is asked for."""
    if name == "propose":
        from .stage import propose

        return propose
    raise AttributeError(name)
