"""Tooth labels of single scans in the form of 3DTeethSeg: one number for each vertex of the file that was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oral_architect.teeth.fdi import kind

if TYPE_CHECKING:
    from oral_architect.anatomy import NumberedScan
    from oral_architect.scan.document import Scan


def segment(path: Path, *, model: Path | None = None) -> dict[str, Any]:
    """Label one scan.

    Parameters
    ----------
    path
        The scan file.
    model
        Another network file than the shipped one.

    Returns
    -------
    dict
        ``jaw``; ``labels``, FDI for each vertex of the file in its order, 0 gingiva; ``instances``, a number from 1
        for each tooth, 0 gingiva; ``confidence`` of each tooth, 0 to 1; ``check``, the teeth a person should look at;
        ``kinds``, whether each is permanent, deciduous or supernumerary.

    Raises
    ------
    ScanError
        When the file cannot be used.
    NotAnArchError
        When no arch was found.
    """
    read, find = house_rooms(model)
    surface = read(path)
    return labels_of(surface, find(surface))


def house_rooms(model: Path | None = None) -> tuple[Callable[[Path], Scan], Callable[[Scan], NumberedScan]]:
    """Return how a file is read and how a scan is labelled, both with their default settings but for the network."""
    from oral_architect import anatomy, scan

    scan_settings, label_settings = scan.ScanSettings(), anatomy.LabelSettings(model=model)
    return (lambda path: scan.run(path, scan_settings)), (lambda one: anatomy.label((one,), label_settings)[0])


def labels_of(surface: Scan, found: NumberedScan) -> dict[str, Any]:
    """Bring the labels of a scan back to the vertices of its file."""
    labels = _at_input(found.labels, surface.arrays["input_vertex"])
    instances = _at_input(found.instances, surface.arrays["input_vertex"])
    return {
        "jaw": found.jaw,
        "labels": labels.tolist(),
        "instances": instances.tolist(),
        "check": list(found.to_check),
        "kinds": {str(fdi): kind(fdi) for fdi in found.teeth},
        "confidence": {str(fdi): round(confidence, 4) for fdi, confidence in found.teeth.items()},
    }


def _at_input(labels: np.ndarray[Any, Any], input_vertex: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Labels ``(n,)`` of the repaired surface at each vertex of the file; a vertex that was dropped is gingiva."""
    kept = input_vertex >= 0
    found = np.zeros(len(input_vertex), np.int64)
    found[kept] = labels[input_vertex[kept]]
    return found
