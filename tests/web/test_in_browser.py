"""In a real browser the picture is drawn, before differs from after, and nothing is complained about."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oral_architect.geometry.render import Picture
from oral_architect.web.chart import tooth_chart
from oral_architect.web.report import write
from sample_documents import sample_case, sound_case

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    "--window-size=1280,1100",
    "--virtual-time-budget=15000",
    "--enable-logging=stderr",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("report") / "report.html", **sample_case())


def browse(path: Path, link: str, *flags: str) -> tuple[str, str]:
    assert CHROMIUM is not None
    profile = path.parent / f"profile-{abs(hash((link, flags)))}"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, f"{path.as_uri()}{link}"],
        capture_output=True,
        timeout=120,
        check=True,
        text=True,
    )
    return done.stdout, done.stderr


def picture(path: Path, link: str) -> Picture:
    out = path.parent / "shot.png"
    browse(path, link, f"--screenshot={out}")
    with Image.open(out) as image:
        return np.asarray(image.convert("RGB"))


def test_the_page_starts_without_a_complaint(report: Path) -> None:
    text, log = browse(report, "", "--dump-dom")
    assert 'data-ready="true"' in text
    assert text.count('class="slot ') >= 32
    assert not re.findall(r"CONSOLE.*", log)


def test_the_picture_is_drawn_and_after_differs_from_before(report: Path) -> None:
    before, after = picture(report, "#tooth=26&divide=100"), picture(report, "#tooth=26&divide=0")
    assert after.std() > 20
    changed = np.abs(before.astype(int) - after).max(axis=2) > 25
    assert changed.mean() > 0.005


def test_the_landscape_stands_in_the_page_with_its_chart_and_pictures(report: Path) -> None:
    text, log = browse(report, "#landscape", "--dump-dom")
    section = text[text.index('id="landscape"') : text.index('id="findings"')]
    assert section.count('class="tooth present"') == 26
    assert section.count('class="tooth doubtful"') == 1
    assert section.count("each tooth with its number") == 5
    # the chart's own style is let in by its digest
    assert "Content Security Policy" not in log


def test_a_chart_alone_is_light_by_day_and_dark_by_night(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    path.write_text(tooth_chart(sample_case()["landscape"]), encoding="utf-8")
    shades = []
    for scheme in ("1", "0"):
        out = tmp_path / f"{scheme}.png"
        browse(path, "", f"--screenshot={out}", f"--blink-settings=preferredColorScheme={scheme}")
        with Image.open(out) as image:
            shades.append(np.asarray(image.convert("L"))[40:900, 60:800])
    assert np.median(shades[0]) > 240
    assert np.median(shades[1]) < 40
    assert min(s.std() for s in shades) > 10


def test_a_sound_arch_alone_starts_too(tmp_path: Path) -> None:
    text, _ = browse(write(tmp_path / "sound.html", **sound_case()), "", "--dump-dom")
    assert 'data-ready="true"' in text
    assert "No loss of substance was found" in text


def test_a_chart_prints_on_one_page(tmp_path: Path) -> None:
    path, out = tmp_path / "chart.svg", tmp_path / "chart.pdf"
    path.write_text(tooth_chart(sample_case()["landscape"]), encoding="utf-8")
    browse(path, "", "--no-pdf-header-footer", f"--print-to-pdf={out}")
    assert len(re.findall(rb"/Type ?/Page\b", out.read_bytes())) == 1
