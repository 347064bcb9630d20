"""What the documentation points to exists: files, pictures, headings, commands and their options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from oral_architect.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"oral-architect ((?:\\\||[^`\n])+)")
MOST_PICTURE_BYTES = 400_000


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def options_by_command() -> dict[str, set[str]]:
    group = typer.main.get_command(app)
    commands = getattr(group, "commands")  # noqa: B009
    return {
        name: {o for p in command.params for o in p.opts if o.startswith("--")} | {"--help"}
        for name, command in commands.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.is_relative_to(ROOT) or not there.exists() or (heading and heading not in anchors(there)):
            lost.append(target)
    assert not lost, f"{named(page)} points to nothing: {lost}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = LINK.findall(page.read_text(encoding="utf-8"))
        found = [(page.parent / t.partition("#")[0]).resolve() for t in targets if not re.match(r"[a-z]+:|#", t)]
        waiting += [p for p in found if p.suffix == ".md" and p.exists()]
    assert set(PAGES) <= seen


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_and_options_that_are_named_exist(page: Path) -> None:
    known = options_by_command()
    wrong = []
    for words in COMMAND.findall(page.read_text(encoding="utf-8")):
        name, *rest = words.split()
        if not re.fullmatch(r"[a-z]+", name) or name in {"with", "is"}:
            continue
        given = re.findall(r"--[a-z]+(?:-[a-z]+)*", " ".join(rest))
        if name not in known or not set(given) <= known[name]:
            wrong.append(words)
    assert not wrong, f"{named(page)} names what is not there: {wrong}"


def test_the_reference_describes_every_command_and_every_option() -> None:
    text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    for command, options in options_by_command().items():
        assert f"\n## {command}\n" in text
        assert all(option in text for option in options), command


def test_python_in_the_pages_can_be_compiled() -> None:
    blocks = [
        (named(page), code)
        for page in PAGES
        for language, code in FENCE.findall(page.read_text(encoding="utf-8"))
        if language == "python"
    ]
    assert blocks
    for name, code in blocks:
        compile(code, name, "exec")


def test_pictures_are_small_and_all_shown() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in (ROOT / "docs/pictures").iterdir():
        assert picture.stat().st_size < MOST_PICTURE_BYTES
        assert picture.name in text
