"""Draw one phantom jaw for training: every seed another mouth, as a scanner would leave it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh
from oral_architect.phantom.arch_form import draw_arch
from oral_architect.phantom.based import add_base
from oral_architect.phantom.damage import KINDS, Damage, damage
from oral_architect.phantom.dressing import dressed
from oral_architect.phantom.gingiva import grow_gingiva
from oral_architect.phantom.jaw import Border, join
from oral_architect.phantom.partial import cut_partial
from oral_architect.phantom.placed_tooth import PlacedTooth
from oral_architect.phantom.preparation import Margin, prepare
from oral_architect.phantom.scanner import HARD, TYPICAL, scan
from oral_architect.phantom.scanner_sight import main_faces
from oral_architect.phantom.short_end import end_short
from oral_architect.teeth.fdi import Jaw

from .samples import Sample, make_sample

DAMAGED_ARCHES = 0.35
"""Share of training arches with damaged teeth."""
PREPARED_TEETH = 0.25
"""Share of those teeth that are prepared for a crown."""
FULL_SCANS = 0.6
"""Share that goes through the whole scanner; the others are only smoothed and roughened, which is quicker."""
SCAN_FACES = (12_000.0, 45_000.0)
CUT_OUT = 0.12
"""Share from which one to four teeth are cut as one takes them out of a file, leaving holes."""
SHORT = 0.35
"""Share that stops at the last tooth on one side or both."""
PARTIAL = 0.12
"""Share of which only a quadrant, a half arch or the front is left."""
BASED = 0.08
"""Share that is closed to a block with a flat bottom, as for printing."""
LEAST_PIECE = 0.02
"""Loose pieces smaller than this share of the largest are dropped."""


@dataclass(frozen=True, eq=False)
class DrawnScan:
    """A phantom scan in LPS, mm."""

    jaw: Jaw
    mesh: Mesh
    labels: NDArray[np.int16]
    """``(n,)``: true FDI per vertex, 0 gingiva."""


def draw_sample(seed: int) -> Sample:
    """Return the phantom sample of a seed."""
    drawn, rng = draw_scan(seed)
    return make_sample(drawn.mesh, drawn.labels, drawn.jaw == "upper", rng)


def draw_scan(seed: int) -> tuple[DrawnScan, np.random.Generator]:
    """Return the phantom scan of a seed, and the generator for what is drawn next.

    A seed whose solids cannot be joined moves on to the next draw.

    Raises
    ------
    StageError
        When five draws gave no jaw.
    """
    for attempt in range(5):
        rng = np.random.default_rng([seed, attempt])
        try:
            return _draw(rng), rng
        except StageError:
            continue
    raise StageError(f"seed {seed} gave no jaw in five draws", where="phantom")


def _draw(rng: np.random.Generator) -> DrawnScan:
    jaw: Jaw = "upper" if rng.random() < 0.5 else "lower"
    arch = draw_arch(jaw, rng)
    gingiva = grow_gingiva(arch, rng)
    crowns = {t.fdi: t.mesh for t in arch.present}
    if rng.random() < DAMAGED_ARCHES and arch.present:
        for k in rng.choice(len(arch.present), size=int(rng.integers(1, 5))):
            tooth = arch.present[k]
            crowns[tooth.fdi] = _harmed(tooth, rng).transformed(tooth.pose)
    crowns = dressed(arch, crowns, rng)
    whole = join(arch, crowns, gingiva, Border.draw(rng), rng)
    mesh, kept = whole.mesh.part(main_faces(whole.mesh, np.ones(len(whole.mesh.faces), dtype=bool), LEAST_PIECE))
    labels = whole.labels[kept]
    if rng.random() < FULL_SCANS:
        settings = (TYPICAL if rng.random() < 0.75 else HARD).model_copy(
            update={"pose": "none", "units": ("mm",), "inverted_share": 0.0, "unmerged_share": 0.0, "faces": SCAN_FACES}
        )
        scanned = scan(mesh, labels, settings, rng)
        mesh, labels = scanned.mesh, scanned.labels
    else:
        mesh, labels = _as_scanned(mesh, labels, rng)
    if rng.random() < CUT_OUT:
        mesh, labels = cut_teeth_out(mesh, labels, rng)
    if rng.random() < SHORT:
        mesh, labels = end_short(mesh, labels, rng)
    if rng.random() < PARTIAL:
        mesh, labels = cut_partial(mesh, labels, rng)
    if rng.random() < BASED:
        mesh, labels = add_base(mesh, labels, jaw, rng)
    return DrawnScan(jaw, mesh, labels)


def cut_teeth_out(mesh: Mesh, labels: NDArray[np.int16], rng: np.random.Generator) -> tuple[Mesh, NDArray[np.int16]]:
    """Take the faces of one to four teeth out of a scan, so that holes stay; labels ``(n,)`` per vertex."""
    teeth = np.unique(labels[labels > 0])
    gone = rng.choice(teeth, size=min(int(rng.integers(1, 5)), max(len(teeth) - 4, 0)), replace=False)
    part, kept = mesh.part(np.asarray(~np.isin(labels[mesh.faces], gone).any(axis=1)))
    return part, labels[kept]


def _harmed(tooth: PlacedTooth, rng: np.random.Generator) -> Mesh:
    """Return the crown damaged or prepared, tooth frame."""
    if rng.random() < PREPARED_TEETH:
        margin: tuple[Margin, ...] = ("chamfer", "shoulder", "feather")
        return prepare(tooth.local, tooth.fdi, margin[int(rng.integers(3))], rng).mesh
    kind = KINDS[int(rng.integers(len(KINDS)))]
    return damage(tooth.local, tooth.fdi, Damage(kind=kind, severity=float(rng.random())), rng).mesh


def _as_scanned(mesh: Mesh, labels: NDArray[np.int16], rng: np.random.Generator) -> tuple[Mesh, NDArray[np.int16]]:
    """Soften creases and roughen the surface as scanning and fusion do."""
    from scipy import sparse

    n = len(mesh.vertices)
    edges, _ = mesh.edge_table
    link = sparse.coo_matrix(
        (np.ones(2 * len(edges)), (np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]])), shape=(n, n)
    ).tocsr()
    average = sparse.diags(1 / np.maximum(np.asarray(link.sum(1)).ravel(), 1)) @ link
    x = np.asarray(mesh.vertices)
    amount = rng.uniform(0.1, 0.7)
    for _ in range(int(rng.integers(0, 6))):
        x = np.asarray(x + amount * (average @ x - x))
        x = np.asarray(x - 0.6 * amount * (average @ x - x))
    rough = rng.standard_normal((n, 3))
    waves = rough
    for _ in range(6):
        waves = np.asarray(average @ waves)
    x = x + rng.uniform(0, 0.03) * rough + rng.uniform(0, 0.15) * waves
    return Mesh(x, mesh.faces), labels
