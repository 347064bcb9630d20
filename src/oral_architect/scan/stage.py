"""The scan stage: a file in, a repaired surface in millimetres out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import ScanError
from oral_architect.scan.document import Scan
from oral_architect.scan.formats import detect, open_file
from oral_architect.scan.plausible import check
from oral_architect.scan.quality import measure, remarks
from oral_architect.scan.raw import RawSurface
from oral_architect.scan.repair import Repairer
from oral_architect.scan.settings import ScanSettings
from oral_architect.scan.units import FoundUnit, find_unit

_SAMPLED_FACES = 50_000
"""Faces from which the size of a surface is taken."""
_ABSURD = 1e15


def run(path: Path, settings: ScanSettings | None = None) -> Scan:
    """Read a scan of one jaw and make it usable.

    Parameters
    ----------
    path
        A file in one of the formats of ``formats.FORMATS``.
    settings
        How to read it; ``None`` for the defaults.

    Raises
    ------
    ScanError
        When the file cannot be read or its surface cannot be used.
    NotAnArchError
        When the surface does not look like a dental arch.
    """
    settings = settings or ScanSettings()
    source = open_file(Path(path))
    found = detect(source)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not finite, and repair counts it
        raw = found.read(source)
    where, name = source.where, source.path.stem
    del source  # the bytes of a large file are no longer needed
    unit = _find_unit(raw, settings, where)
    counts = (len(raw.vertices), len(raw.faces))
    notes = (found.warning, *raw.notes, unit.warning)
    with np.errstate(over="ignore"):
        vertices_mm = raw.vertices * unit.scale_to_mm
    repairer = Repairer(vertices_mm, raw.faces, settings, where)
    del raw, vertices_mm
    repairer.run()
    mesh = repairer.mesh
    quality = measure(mesh, input_vertices=counts[0], input_faces=counts[1])
    if settings.check_plausible:
        check(mesh, where)
    return Scan(
        name=name,
        source=where,
        format=found.name,
        unit=unit.unit,
        unit_reason=unit.reason,
        scale_to_mm=unit.scale_to_mm,
        repairs=tuple(repairer.repairs),
        quality=quality,
        warnings=tuple(note for note in (*notes, *repairer.warnings, *remarks(quality)) if note),
        shapes={"surface": mesh},
        arrays={"input_vertex": repairer.input_vertex.astype(np.int32)},
    )


def _find_unit(raw: RawSurface, settings: ScanSettings, where: str) -> FoundUnit:
    points = _sample(raw, max(1, len(raw.faces) // _SAMPLED_FACES))
    if len(points) == 0:
        points = _sample(raw, 1)
    if len(points) == 0:
        raise ScanError("no vertex of the surface has finite coordinates", where=where, todo="Export the scan again.")
    if float(np.abs(points).max()) > _ABSURD or float(np.ptp(points, axis=0).max()) == 0:
        raise ScanError(
            "the coordinates are absurdly large, or all the same point", where=where, todo="Export the scan again."
        )
    return find_unit(points, wanted=settings.unit, declared=raw.unit, declared_by=raw.unit_note)


def _sample(raw: RawSurface, step: int) -> NDArray[np.float64]:
    """The finite corners of every so many faces."""
    points = raw.vertices[raw.faces[::step].reshape(-1)]
    return np.asarray(points[np.isfinite(points).all(axis=1)])
