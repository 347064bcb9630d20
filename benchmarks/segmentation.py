"""Label every scan of a folder and, given a scoring program, score the labels.

    python benchmarks/segmentation.py FOLDER --out LABELS [--score SCRIPT]

FOLDER holds scans with a face property ``fdi`` (0 gingiva), one jaw each. SCRIPT is called as
``python SCRIPT FOLDER LABELS``. One thread; prints seconds per scan and the peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from oral_architect.segmentation import segment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--score", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    seconds = []
    for path in sorted(args.folder.glob("*.ply")):
        began = time.monotonic()
        answer = segment(path)
        seconds.append(time.monotonic() - began)
        (args.out / f"{path.stem}.json").write_text(json.dumps(answer))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "scans": len(seconds),
        "seconds_median": round(float(np.median(seconds)), 2),
        "seconds_max": round(max(seconds), 2),
        "peak_mb": round(peak),
    }
    print(json.dumps(figures))
    if args.score:
        subprocess.run([sys.executable, str(args.score), str(args.folder), str(args.out)], check=True)


if __name__ == "__main__":
    main()
