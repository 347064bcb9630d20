"""A programme as one file to hand to a device: always the same bytes, and checked when it is read.

A ZIP without compression or times: ``programme.json`` holds every field and the SHA-256 of every array, the arrays lie
beside it as NPY. So the SHA-256 of ``programme.json`` stands for the whole; ``unzip`` and ``sha256sum`` can check it.
"""

from __future__ import annotations

import io
import json
import zipfile

from oral_architect.case.disk import digest
from oral_architect.case.files import from_files, to_files
from oral_architect.errors import CaseError

from .document import Programme

HEAD = "programme.json"
FORMAT = str(Programme.model_fields["format"].default)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def to_package(programme: Programme) -> bytes:
    """Return a programme as the content of a file.

    Raises
    ------
    CaseError
        When an array's name cannot be a file name, or it holds Python objects.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as package:
        for path, part in sorted(to_files("programme", programme)):
            package.writestr(zipfile.ZipInfo(path, _ZIP_TIME), part)
    return content.getvalue()


def from_package(content: bytes) -> Programme:
    """Read a programme back and check every array against its digest.

    Raises
    ------
    CaseError
        When it is no package, of another version, or anything in it was changed.
    """
    where = "programme package"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            head = package.read(HEAD)
            told = json.loads(head).get("format")
            if told != FORMAT:
                raise CaseError(f"it is '{told}', not '{FORMAT}'", where=where, todo="Make the programme again.")
            programme = from_files(Programme, head, package.read, where=where)
            if to_package(programme) != content:
                raise CaseError("it holds more or other than was written", where=where, todo="Get it again.")
            return programme
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError, EOFError, OSError) as error:
        raise CaseError(f"it cannot be read: {error}", where=where, todo="Get it again.") from error


def programme_digest(programme: Programme) -> str:
    """Return the SHA-256 that stands for a programme: that of its ``programme.json``."""
    return digest(dict(to_files("programme", programme))[HEAD])
