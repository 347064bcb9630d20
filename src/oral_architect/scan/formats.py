"""Which format a file is: by its content first, by its name second.

To add a format, write ``readers/<name>.py`` and add it to ``FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from oral_architect.errors import ScanError
from oral_architect.scan.raw import RawSurface, Source
from oral_architect.scan.readers import dicom, glb, obj, off, ply, stl, threemf, vtp

FORMATS: tuple[ModuleType, ...] = (glb, ply, threemf, dicom, vtp, off, stl, obj)
"""In the order they are tried; formats with a magic number come before those known by their text."""

MAX_FILE_BYTES = 3 << 30
"""Bytes; eight million triangles as ASCII STL. Larger files would not fit the memory a scan is given."""

_OTHERS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"BM": "a BMP image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"RIFF": "a WebP image or a media file",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive without a 3MF model",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}


@dataclass(frozen=True)
class Format:
    """A format that has been recognised."""

    name: str
    read: Callable[[Source], RawSurface]
    warning: str = ""


def open_file(path: Path) -> Source:
    """Take the bytes of a file.

    Raises
    ------
    ScanError
        When there is no such file, it is a folder, empty, too large, or may not be read.
    """
    try:
        if path.is_dir():
            raise ScanError("this is a folder, not a scan", where=str(path), todo="Name the file inside it.")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ScanError(
                f"the file is {size / 2**30:.1f} GB; more than {MAX_FILE_BYTES / 2**30:.0f} GB is not read",
                where=path.name,
                todo="Export it with fewer triangles.",
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ScanError("there is no such file", where=str(path), todo="Check the name and the folder.") from error
    except PermissionError as error:
        raise ScanError("the file may not be read", where=str(path), todo="Ask for permission to read it.") from error
    except (OSError, ValueError) as error:
        raise ScanError(f"the file cannot be read ({error})", where=str(path), todo="Copy it again.") from error
    if not data:
        raise ScanError("the file is empty", where=path.name, todo="Export the scan again.")
    return Source(path, data)


def detect(source: Source) -> Format:
    """Find the format.

    Raises
    ------
    ScanError
        When neither the content nor the name belongs to a format this program reads.
    """
    suffix = source.path.suffix.lower()
    for module in FORMATS:
        if module.recognises(source.data):
            known = {extension for other in FORMATS for extension in other.EXTENSIONS}
            warning = ""
            if suffix not in module.EXTENSIONS:
                said = f"its name ends in '{suffix}'" if suffix in known else "its name does not say so"
                warning = f"the file is {module.NAME}, though {said}"
            return Format(module.NAME, module.read, warning)
    _refuse_others(source)
    for module in FORMATS:
        if suffix in module.EXTENSIONS:
            if not _could_be(module, source.data):
                break
            return Format(module.NAME, module.read)
    readable = ", ".join(module.NAME for module in FORMATS)
    raise source.refuse("this is not a surface in a format this program reads", f"It reads {readable}.")


def _refuse_others(source: Source) -> None:
    for magic, name in _OTHERS.items():
        # two letters prove little: a BMP or a program also has zero bytes near its start
        if source.data.startswith(magic) and (len(magic) > 2 or b"\0" in source.data[:64]):
            raise source.refuse(f"this is {name}, not a surface scan", "Export the scan as STL or PLY.")


def _could_be(module: ModuleType, data: bytes) -> bool:
    """A file of a format with a magic number has it; a damaged STL can still be told what is wrong with it."""
    return module is stl and (b"\0" in data[:4096] or data[:5].lower() == b"solid")
