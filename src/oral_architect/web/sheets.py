"""What a person takes away from a landscape: the tooth chart, labelled stills, and the measures as tables."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from oral_architect.anatomy.document import Landscape
from oral_architect.anatomy.reading.confidence import LOW_CONFIDENCE
from oral_architect.case import disk
from oral_architect.geometry.render import Picture

from .arch_stills import arch_stills
from .chart import tooth_chart
from .figures import as_csv, measures_of


def write_sheets(out: Path, landscape: Landscape, *, title: str = "") -> tuple[Path, ...]:
    """Write the chart, or the chart with stills and measures, and return the paths.

    Parameters
    ----------
    out
        A name that ends in ``.svg`` gets the chart alone; any other is a folder: ``chart.svg``, ``measures.csv``,
        ``measures.json`` and one PNG a view. Files of these names are replaced, each in one step.
    landscape
        One arch is enough.
    title
        Head of the chart.

    Raises
    ------
    CaseError
        When a file cannot be written.
    """
    chart = tooth_chart(landscape, title=title).encode("utf-8")
    if out.suffix.lower() == ".svg":
        contents = {out: chart}
    else:
        contents = {
            out / "chart.svg": chart,
            out / "measures.csv": as_csv(measures_of(landscape)).encode("utf-8"),
            out / "measures.json": _json(landscape),
        }
        contents |= {out / f"{name}.png": _png(picture) for name, picture in arch_stills(landscape).items()}
    for path, content in contents.items():
        with disk.explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace_file(path, content)
    return tuple(contents)


def to_look_at(landscape: Landscape) -> dict[int, float]:
    """Return the teeth whose number a person should look at, with how sure it is, the least sure first."""
    unsure = {t.fdi: t.confidence for t in landscape.teeth if t.confidence < LOW_CONFIDENCE}
    return dict(sorted(unsure.items(), key=lambda item: (item[1], item[0])))


def _json(landscape: Landscape) -> bytes:
    plain: dict[str, Any] = landscape.model_dump(mode="json", include={"teeth", "landmarks"})
    plain["arches"] = [
        a.model_dump(mode="json", include={"jaw", "teeth", "missing", "warnings"}) for a in landscape.arches
    ]
    plain["measures"] = [m.model_dump(mode="json") for m in measures_of(landscape)]
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _png(picture: Picture) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()
