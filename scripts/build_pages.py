"""Build the report page with Node, or check without Node that what is in the package was built from what is in pages/.

python scripts/build_pages.py            npm ci, type check, bundle, write assets/MANIFEST.json
python scripts/build_pages.py --check    compare sources and outputs with the manifest
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "pages"
ASSETS = ROOT / "src" / "oral_architect" / "web" / "assets"
MANIFEST = ASSETS / "MANIFEST.json"
OUTPUTS = ("report.css", "report.html", "report.js")


def sources() -> list[Path]:
    """Everything the built page depends on; the lock file pins the rest."""
    named = ["package.json", "package-lock.json", "tsconfig.json", "build.mjs"]
    return [PAGES / n for n in named] + sorted(p for p in (PAGES / "src").rglob("*") if p.is_file())


def manifest() -> dict[str, dict[str, str]]:
    """SHA-256 of every source and output, line ends as in git."""
    return {
        "sources": {p.relative_to(PAGES).as_posix(): _digest(p) for p in sources()},
        "outputs": {name: _digest(ASSETS / name) for name in OUTPUTS},
    }


def build() -> None:
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        subprocess.run(command, cwd=PAGES, check=True)
    MANIFEST.write_text(json.dumps(manifest(), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def check() -> list[str]:
    """What differs from the manifest, in words; empty when all is current."""
    if not MANIFEST.is_file():
        return [f"{MANIFEST} is missing"]
    kept, now = json.loads(MANIFEST.read_text(encoding="utf-8")), manifest()
    problems = []
    for part in ("sources", "outputs"):
        names = sorted(set(kept[part]) | set(now[part]))
        changed = [n for n in names if kept[part].get(n) != now[part].get(n)]
        problems += [f"{part[:-1]} {n} is not what the manifest was written for" for n in changed]
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare; needs no Node")
    if not parser.parse_args().check:
        build()
        return 0
    problems = check()
    for problem in problems:
        print(problem)
    print("run scripts/build_pages.py" if problems else "the built page is current")
    return 1 if problems else 0


def _digest(path: Path) -> str:
    if not path.is_file():
        return "missing"
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
