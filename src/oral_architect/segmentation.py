"""Tooth labels of single scans in the form of 3DTeethSeg: one number for each vertex of the file that was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oral_architect.errors import StageError

if TYPE_CHECKING:
    from oral_architect.anatomy.document import Landscape
    from oral_architect.scan.document import Scan


def segment(path: Path) -> dict[str, Any]:
    """Label one scan.

    Parameters
    ----------
    path
        The scan file.

    Returns
    -------
    dict
        ``jaw``; ``labels``, FDI for each vertex of the file in its order, 0 gingiva; ``instances``, a number from 1
        for each tooth, 0 gingiva; ``confidence`` of each tooth, 0 to 1.

    Raises
    ------
    ScanError
        When the file cannot be used.
    StageError
        When no arch was found.
    """
    read, find = house_rooms()
    surface = read(path)
    return labels_of(surface, find((surface,)))


def house_rooms() -> tuple[Callable[..., Scan], Callable[..., Landscape]]:
    """Return the two stages that label a scan; each with its default settings."""
    from oral_architect import anatomy, scan

    scan_settings, anatomy_settings = scan.ScanSettings(), anatomy.AnatomySettings()
    return (lambda path: scan.run(path, scan_settings)), (lambda scans: anatomy.run(scans, anatomy_settings))


def labels_of(surface: Scan, landscape: Landscape) -> dict[str, Any]:
    """Bring the labels of a landscape with one arch back to the vertices of the file.

    Raises
    ------
    StageError
        When the landscape does not hold exactly one arch.
    """
    if len(landscape.arches) != 1:
        raise StageError(f"{len(landscape.arches)} arches were found on one scan", where=surface.name)
    jaw = landscape.arches[0].jaw
    labels = _at_input(landscape.arrays[f"labels_{jaw}"], surface.arrays["input_vertex"])
    teeth = sorted(set(labels.tolist()) - {0})
    # one instance a number: an arch never holds the same tooth twice
    instances = np.where(labels == 0, 0, np.searchsorted(teeth, labels) + 1) if teeth else np.zeros_like(labels)
    return {
        "jaw": jaw,
        "labels": labels.tolist(),
        "instances": instances.tolist(),
        "confidence": {str(t.fdi): round(t.confidence, 4) for t in landscape.teeth},
    }


def _at_input(labels: np.ndarray[Any, Any], input_vertex: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Labels ``(n,)`` of the repaired surface at each vertex of the file; a vertex that was dropped is gingiva."""
    kept = input_vertex >= 0
    found = np.zeros(len(input_vertex), np.int64)
    found[kept] = labels[input_vertex[kept]]
    return found
