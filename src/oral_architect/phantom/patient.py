"""A synthetic patient: two jaws in occlusion, some teeth harmed, both scanned, everything known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial.transform import Rotation

from oral_architect.case import Document, Matrix4, Record, Settings, Vector, matrix4, vector
from oral_architect.errors import SettingsError
from oral_architect.geometry import Mesh, Points
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.fdi import Jaw

from .arch_form import ArchForm, ArchFormSettings, Rng, draw_arch, draw_form
from .damage import KINDS, Damage, damage
from .gingiva import grow_gingiva
from .jaw import Border, join
from .occlusion import occlude
from .placed_tooth import DrawnArch, PlacedTooth
from .preparation import Margin, PreparedCrown, prepare
from .scanner import ScannerSettings, scan

JAWS: tuple[Jaw, ...] = ("upper", "lower")


class Harm(Record):
    """What is done to one tooth."""

    fdi: int
    damage: Damage | None = None
    """``None`` prepares the tooth for a crown."""
    margin: Margin = "chamfer"
    """Kind of finish line of a preparation."""
    taper_deg: float | None = None
    """Angle of each wall of a preparation against its axis; drawn unless given."""
    undercut_mm: float = 0.0
    """How much deeper one wall of a preparation is ground at its foot than its taper allows."""


class PhantomSettings(Settings):
    """Which patient to make."""

    seed: int = 1
    harms: tuple[Harm, ...] | None = None
    """Given ones, or drawn when left out."""
    drawn_harms: int = 3
    """How many teeth are harmed when ``harms`` is left out."""
    form: ArchFormSettings = Field(
        default_factory=lambda: ArchFormSettings(
            missing_rate=0.15,
            unerupted_rate=0.0,
            extraction_rate=0.0,
            spaced_rate=0.1,
            irregularity=0.3,
            shape_spread=0.8,
            child_rate=0.0,
            retained_rate=0.0,
            supernumerary_rate=0.0,
            half_erupted_rate=0.0,
        )
    )
    """Grown mouths, mostly complete; form drawn a little narrower than the model, whose rarest crowns fold."""
    scanner: str = "typical"
    """Preset of the scanner: clean, typical or hard."""
    faces: int = 60_000
    """Faces of each scan."""
    posed: bool = True
    """Whether the pair of scans is turned and shifted together, as scanners export it."""


class PatientTooth(Record):
    """The truth about one tooth.

    ``patient.shapes["intact_{fdi}"]`` is the closed crown before harm and ``shapes["crown_{fdi}"]`` after, both LPS,
    mm, in occlusion; ``arrays["margin_{fdi}"]`` ``(m, 3) mm`` is the crown's own gingival border;
    of a prepared tooth ``arrays["finish_line_{fdi}"]`` ``(k, 3) mm`` is the edge between ground and untouched surface.
    """

    fdi: int
    centroid_mm: Vector
    axes: tuple[Vector, Vector, Vector]
    """Unit rows mesial, buccal, occlusal."""
    size: float
    harm: Damage | None = None
    prepared: bool = False
    finish: Margin | None = None
    """Kind of finish line of a prepared tooth."""
    taper_deg: float | None = None
    """Angle of each wall of a prepared tooth against ``insertion_axis``."""
    insertion_axis: Vector | None = None
    """Unit direction in which a crown is taken off a prepared tooth."""
    lost_volume_mm3: float = 0.0
    surfaces: tuple[str, ...] = ()


class Patient(Document):
    """A synthetic patient.

    ``shapes["{jaw}_scan"]`` is what the scanner gave, in the scanner's frame, mm; ``arrays["labels_{jaw}"]`` is
    ``(n,) int16``: true FDI per vertex of that scan, 0 gingiva.
    """

    seed: int
    teeth: tuple[PatientTooth, ...]
    absent: tuple[int, ...]
    to_scan: Matrix4
    """LPS to the scanner's frame, the same for both jaws."""

    def tooth(self, fdi: int) -> PatientTooth:
        """Return the truth about a tooth; raises ``KeyError`` when it is not there."""
        for tooth in self.teeth:
            if tooth.fdi == fdi:
                return tooth
        raise KeyError(fdi)


def run(settings: PhantomSettings | None = None) -> Patient:
    """Make a synthetic patient.

    Raises
    ------
    SettingsError
        When a tooth to be harmed is not in this mouth.
    StageError
        When its solids cannot be joined.
    """
    s = settings or PhantomSettings()
    rng = np.random.default_rng(s.seed)
    form = draw_form(rng, s.form)
    upper = draw_arch("upper", rng, s.form, form)
    arches = {"upper": upper, "lower": occlude(upper, draw_arch("lower", rng, s.form, form))}
    present = {t.fdi: t for arch in arches.values() for t in arch.present}
    harms = _harms(s, present, rng)
    teeth: list[PatientTooth] = []
    shapes: dict[str, Mesh] = {}
    arrays: dict[str, NDArray[np.generic]] = {}
    crowns: dict[int, Mesh] = {}
    for fdi, tooth in present.items():
        record, crown, finish_line = _tooth(tooth, harms.get(fdi), rng)
        teeth.append(record)
        crowns[fdi] = crown
        shapes[f"intact_{fdi}"] = tooth.mesh
        shapes[f"crown_{fdi}"] = crown
        arrays[f"margin_{fdi}"] = tooth.margin_mm
        if finish_line is not None:
            arrays[f"finish_line_{fdi}"] = finish_line
    to_scan = _pose(rng) if s.posed else np.eye(4)
    for jaw in JAWS:
        mesh, labels = _scanned(arches[jaw], crowns, s, rng)
        shapes[f"{jaw}_scan"] = mesh.transformed(to_scan)
        arrays[f"labels_{jaw}"] = labels
    absent = tuple(sorted(t.fdi for arch in arches.values() for t in arch.absent))
    return Patient(
        seed=s.seed, teeth=tuple(teeth), absent=absent, to_scan=matrix4(to_scan), shapes=shapes, arrays=arrays
    )


def _harms(s: PhantomSettings, present: dict[int, PlacedTooth], rng: Rng) -> dict[int, Harm]:
    if s.harms is not None:
        gone = [h.fdi for h in s.harms if h.fdi not in present]
        if gone:
            raise SettingsError(
                f"tooth {gone[0]} is not in the mouth of seed {s.seed}",
                where="phantom",
                todo=f"Choose among {sorted(present)}.",
            )
        return {h.fdi: h for h in s.harms}
    choice = sorted(fdi for fdi in present if numbers.position(fdi) < 8)
    chosen = rng.choice(choice, size=min(s.drawn_harms, len(choice)), replace=False)
    kinds = [k for k in KINDS if k not in ("thinning", "hypoplasia")]
    return {
        int(fdi): Harm(
            fdi=int(fdi), damage=Damage(kind=kinds[int(rng.integers(len(kinds)))], severity=rng.uniform(0.4, 1))
        )
        for fdi in chosen
    }


def _tooth(tooth: PlacedTooth, harm: Harm | None, rng: Rng) -> tuple[PatientTooth, Mesh, Points | None]:
    local, finish_line = tooth.local, None
    told: dict[str, object] = {}
    if harm is not None and harm.damage is not None:
        hurt = damage(tooth.local, tooth.fdi, harm.damage, rng)
        local = hurt.mesh
        told = {"harm": hurt.spec, "lost_volume_mm3": hurt.lost_volume_mm3, "surfaces": hurt.surfaces}
    elif harm is not None:
        ground = prepare(
            tooth.local, tooth.fdi, harm.margin, rng, taper_deg=harm.taper_deg, undercut_mm=harm.undercut_mm
        )
        local = ground.mesh
        finish_line = ground.margin_line @ tooth.pose[:3, :3].T + tooth.pose[:3, 3]
        if np.linalg.det(tooth.pose[:3, :3]) < 0:  # the tooth frame of one side is left-handed
            finish_line = finish_line[::-1]
        told = _preparation(ground, tooth)
    axes = tooth.pose[:3, :3].T
    record = PatientTooth.model_validate(
        {
            "fdi": tooth.fdi,
            "centroid_mm": vector(tooth.pose[:3, 3]),
            "axes": (vector(axes[0]), vector(axes[1]), vector(axes[2])),
            "size": tooth.size,
            **told,
        }
    )
    return record, local.transformed(tooth.pose), finish_line


def _preparation(ground: PreparedCrown, tooth: PlacedTooth) -> dict[str, object]:
    axis = tooth.pose[:3, :3] @ ground.insertion_axis
    return {
        "prepared": True,
        "finish": ground.margin,
        "taper_deg": ground.taper_deg,
        "insertion_axis": vector(axis / np.linalg.norm(axis)),
        "lost_volume_mm3": ground.lost_volume_mm3,
    }


def _scanned(arch: DrawnArch, crowns: dict[int, Mesh], s: PhantomSettings, rng: Rng) -> tuple[Mesh, NDArray[np.int16]]:
    own = {t.fdi: crowns[t.fdi] for t in arch.present}
    border = Border.draw(rng).as_a_careful_hand()
    surface = join(arch, own, grow_gingiva(arch, rng), border, rng)
    settings = ScannerSettings.preset(s.scanner, pose="none", units=("mm",), faces=(s.faces, s.faces), sheets=(0, 0))
    scanned = scan(surface.mesh, surface.labels, settings, rng)
    return scanned.mesh, scanned.labels


def _pose(rng: Rng) -> NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, :3] = Rotation.random(random_state=np.random.default_rng(rng.integers(2**32))).as_matrix()
    pose[:3, 3] = rng.uniform(-40, 40, 3)
    return pose


__all__ = ["ArchForm", "Harm", "Patient", "PatientTooth", "PhantomSettings", "run"]
