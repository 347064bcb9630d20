"""Whatever the bytes, a reader gives a surface or a ScanError: no crash, no hang, no absurd allocation."""

from __future__ import annotations

import tempfile
import tracemalloc
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oral_architect.errors import ScanError
from oral_architect.scan import ScanSettings, run

from .shapes import arch
from .writers import WRITERS

SMALL = ScanSettings(min_faces=4, check_plausible=False)
MAX_BYTES = 64 << 20


@cache
def good(dialect: str) -> bytes:
    extension, write = WRITERS[dialect]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"good{extension}"
        write(path, arch(9.0))
        return path.read_bytes()


def try_to_read(data: bytes, extension: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bad{extension}"
        path.write_bytes(data)
        tracemalloc.start()
        try:
            with suppress(ScanError):
                assert len(run(path, SMALL).surface.faces) > 0
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < MAX_BYTES


FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("dialect", WRITERS)
@FUZZ
@given(data=st.data())
def test_a_file_cut_anywhere(dialect: str, data: st.DataObject) -> None:
    whole = good(dialect)
    try_to_read(whole[: data.draw(st.integers(0, len(whole) - 1))], WRITERS[dialect][0])


@pytest.mark.parametrize("dialect", WRITERS)
@FUZZ
@given(data=st.data())
def test_a_file_with_bytes_changed(dialect: str, data: st.DataObject) -> None:
    whole = bytearray(good(dialect))
    # damage in the header does the most harm
    reach = data.draw(st.sampled_from([120, 700, len(whole)]))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(reach, len(whole)) - 1))
        what = data.draw(
            st.sampled_from([b"\0", b"\xff", b"9", b"-", b" ", b"\xff\xff\xff\xff", b"99999999", b"1e308"])
        )
        whole[at : at + len(what)] = what
    try_to_read(bytes(whole), WRITERS[dialect][0])


@pytest.mark.parametrize("extension", sorted({extension for extension, _ in WRITERS.values()}))
@FUZZ
@given(
    noise=st.binary(max_size=400),
    start=st.sampled_from([b"", b"ply\n", b"solid facet", b"OFF\n", b"glTF", b"v 0 0 0\n"]),
)
def test_noise(extension: str, noise: bytes, start: bytes) -> None:
    try_to_read(start + noise, extension)
