"""The report: one HTML file with everything inside it, that works without a network and without a server."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from oral_architect.anatomy.document import Landscape
from oral_architect.design.document import Design
from oral_architect.errors import CaseError, MissingPartError
from oral_architect.findings.document import Findings
from oral_architect.geometry.render import Picture, save_png
from oral_architect.programme.document import Programme
from oral_architect.scan.document import Scan
from oral_architect.twin.document import Prediction

from .arch_stills import STILLS, arch_stills
from .chart import embedded_style, tooth_chart
from .packing import pack
from .page_data import page_data
from .stills import before_after, write_stills
from .surfaces import Surface, collect

MAX_FACES = 60_000
"""Triangles in the page: a laptop without a graphics card still turns them."""
ARCH_STILLS_SCALE = 0.75


def write(
    path: Path,
    *,
    landscape: Landscape,
    findings: Findings | None = None,
    design: Design | None = None,
    programme: Programme | None = None,
    prediction: Prediction | None = None,
    scans: Sequence[Scan] = (),
    title: str = "",
    stills_folder: Path | None = None,
) -> Path:
    """Write the report of a case and return its path.

    Parameters
    ----------
    path
        The HTML file; it appears whole or not at all.
    landscape
        The mouth; one arch is enough.
    findings, design, programme, prediction, scans
        What is known; each may be empty or absent.
    title
        Shown at the head; the names of the scans when empty.
    stills_folder
        Where to put PNG stills; none are written when absent.

    Raises
    ------
    MissingPartError
        When the built page is not part of this installation.
    CaseError
        When the file or the stills cannot be written.
    """
    surfaces = collect(landscape, findings, design, max_faces=MAX_FACES)
    data = page_data(
        landscape=landscape,
        findings=findings,
        design=design,
        programme=programme,
        prediction=prediction,
        scans=scans,
        title=title or ", ".join(s.name for s in scans) or "Oral landscape",
        version=_version(),
    )
    arches = arch_stills(landscape, scale=ARCH_STILLS_SCALE)
    text = _page(data, surfaces, tooth_chart(landscape, notes=False), arches)
    try:
        if stills_folder is not None:
            write_stills(stills_folder, landscape, surfaces)
            (stills_folder / "chart.svg").write_text(tooth_chart(landscape), encoding="utf-8", newline="\n")
            for name, picture in arches.items():
                save_png(picture, stills_folder / f"{name}.png")
        _write_whole(path, text)
    except OSError as error:
        raise CaseError(
            f"the report cannot be written ({error.strerror or error})",
            where=str(error.filename or path),
            todo="Choose a folder you may write to, with room on its disk.",
        ) from error
    return path


def _page(data: dict[str, Any], surfaces: tuple[Surface, ...], chart: str, arches: dict[str, Picture]) -> str:
    """Put data, surfaces, style and program into the page."""
    directory, block = pack(surfaces)
    script, style = _asset("report.js"), _asset("report.css")
    pictures = [_webp(p) for p in before_after(surfaces, (880, 560))] if surfaces else ["", ""]
    parts = {
        "TITLE": html.escape(str(data["title"])),
        "SUMMARY": html.escape(" ".join(data["summary"])),
        "BEFORE": pictures[0],
        "AFTER": pictures[1],
        "CHART": chart,
        "ARCHES": "".join(_figure(s.caption, arches[s.name]) for s in STILLS if s.name in arches),
        "STYLE_HASH": _csp_hash(style),
        "CHART_STYLE_HASH": _csp_hash(embedded_style()),
        "SCRIPT_HASH": _csp_hash(script),
        "STYLE": style,
        "DATA": _json(data | {"geometry": directory}),
        "GEOMETRY": block,
        "SCRIPT": script,
    }
    # one pass over the template: what a part brings along is never read as a placeholder
    pieces = _asset("report.html").split("@@")
    return "".join(parts[p] if i % 2 else p for i, p in enumerate(pieces))


def _figure(caption: str, picture: Picture) -> str:
    return f'<img src="{_webp(picture)}" alt="{html.escape(caption)}, each tooth with its number" loading="lazy">'


def _json(data: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _asset(name: str) -> str:
    resource = files(__package__) / "assets" / name
    if not resource.is_file():
        raise MissingPartError(
            f"the built page file '{name}' is missing",
            where=str(resource),
            todo="Reinstall the program, or run scripts/build_pages.py in a source tree.",
        )
    return resource.read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _webp(picture: Picture) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="WEBP", quality=82, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _version() -> str:
    try:
        return version("oral-architect")
    except PackageNotFoundError:
        return "unknown"


def _write_whole(path: Path, text: str) -> None:
    """Write aside, flush to disk, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
