"""Draw the teeth of one jaw and set them along an arch: size, form, crowding, spacing, tilt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from oral_architect.case import Settings
from oral_architect.geometry import Mesh
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.deciduous import model_of
from oral_architect.teeth.fdi import Jaw
from oral_architect.teeth.shape_model import CrownModel, crown_model, size_covariance

from .dentition import Dentition, child, grown, with_extra, with_half_erupted, with_retained
from .extra_teeth import room_mm, set_beside, sunk, worn_flat
from .placed_tooth import DrawnArch, PlacedTooth, gap_mm

Rng = np.random.Generator


class ArchFormSettings(Settings):
    """How much the drawn arches vary. Spreads are standard deviations unless said."""

    shape_spread: float = 1.0
    """Scale of the crown mode coefficients (1 = as in the shape model)."""
    size_spread: float = 1.0
    """Scale of the tooth size variation."""
    width_spread: float = 0.06
    """Relative spread of the arch width."""
    length_spread: float = 0.07
    """Relative spread of the arch length."""
    taper_spread: float = 0.08
    """How far arches range between square and tapered."""
    asymmetry_mm: float = 0.5
    irregularity: float = 0.45
    """Share of the published pose variation each tooth draws on its own."""
    spaced_rate: float = 0.3
    """Probability that an arch has gaps between teeth."""
    spacing_max_mm: float = 1.8
    """Greatest single gap of a spaced arch."""
    crowded_rate: float = 0.45
    """Probability that an arch is crowded: front teeth and premolars stand out of line."""
    crowding_max_mm: float = 2.2
    """Greatest displacement of a crowded tooth out of line."""
    missing_rate: float = 0.35
    """Probability that an arch lacks at least one tooth of 1-7."""
    closed_gap_rate: float = 0.35
    """Probability that the gap of a missing tooth has closed."""
    unerupted_rate: float = 0.15
    """Probability that second molars are not through."""
    extraction_rate: float = 0.1
    """Probability that teeth were taken out for orthodontics and their gaps closed."""
    third_molar_rate: float = 0.25
    """Probability that each third molar is there."""
    crown_stretch: tuple[float, float] = (0.9, 1.3)
    """Range of the clinical crown length against the model's mean, drawn for the mouth."""
    spee_mm: float = 1.2
    """Spread of the depth of the curve of Spee."""
    child_rate: float = 0.15
    """Probability that the mouth is a child's, with milk teeth or a mixed dentition."""
    child_age_years: tuple[float, float] = (3.0, 12.5)
    """Range of a child's age: to about 6 all teeth are milk teeth, from 12 hardly any."""
    retained_rate: float = 0.06
    """Probability that a grown arch has kept a milk tooth."""
    supernumerary_rate: float = 0.08
    """Probability that an arch has a tooth too many; far more than the one to three in a hundred mouths of surveys, for
    what is never seen is never learned."""
    half_erupted_rate: float = 0.06
    """Probability that permanent teeth of a grown arch are only halfway through the gingiva."""

    @classmethod
    def full_adult(cls, irregularity: float = 0.3) -> ArchFormSettings:
        """Return settings of ordinary grown arches: fourteen teeth, none missing, no gaps, no third molars."""
        return cls(
            irregularity=irregularity,
            spaced_rate=0.0,
            missing_rate=0.0,
            unerupted_rate=0.0,
            extraction_rate=0.0,
            third_molar_rate=0.0,
            child_rate=0.0,
            retained_rate=0.0,
            supernumerary_rate=0.0,
            half_erupted_rate=0.0,
        )


@dataclass(frozen=True)
class ArchForm:
    """The form both jaws of a mouth share."""

    scale: tuple[float, float]
    """Width and length against the mean arch."""
    taper: float
    """Positive is narrower in the back."""
    spee_mm: float
    lean_rad: float
    """Cant of the occlusal plane."""
    lopsided_mm: tuple[float, float]
    stretch: float
    """Length of the clinical crowns against the model's mean."""
    age_years: float | None = None
    """Of a child; ``None`` when grown."""


def draw_form(rng: Rng, settings: ArchFormSettings | None = None) -> ArchForm:
    """Draw the form of a mouth."""
    s = settings or ArchFormSettings()
    aside = rng.spawn(1)[0]  # what concerns children leaves the draws of grown mouths as they are
    is_child = aside.random() < s.child_rate
    return ArchForm(
        scale=(1 + s.width_spread * rng.standard_normal(), 1 + s.length_spread * rng.standard_normal()),
        taper=s.taper_spread * rng.standard_normal(),
        spee_mm=s.spee_mm * rng.standard_normal(),
        lean_rad=float(np.radians(rng.normal(0, 3))),
        lopsided_mm=(s.asymmetry_mm * rng.standard_normal(), s.asymmetry_mm * rng.standard_normal()),
        stretch=float(rng.uniform(*s.crown_stretch)),
        age_years=float(aside.uniform(*s.child_age_years)) if is_child else None,
    )


def draw_arch(jaw: Jaw, rng: Rng, settings: ArchFormSettings | None = None, form: ArchForm | None = None) -> DrawnArch:
    """Draw the teeth of one jaw.

    Parameters
    ----------
    jaw
        ``upper`` or ``lower``.
    rng
        Source of all randomness.
    settings
        Spreads; the defaults when left out.
    form
        Of the mouth; drawn when left out.
    """
    s = settings or ArchFormSettings()
    form = form or draw_form(rng, s)
    row = numbers.arch(jaw)
    aside = rng.spawn(1)[0]  # milk teeth and teeth too many leave the draws of permanent rows as they are
    dentition = _first_dentition(row, form, aside, s)
    models = [model_of(slot.fdi) for slot in dentition.slots]
    sizes = _sizes(row, rng, s)
    forms = _forms(row, rng, s)
    places = _along_arch(row, models, sizes, form)
    teeth = []
    for k, (slot, model) in enumerate(zip(dentition.slots, models, strict=True)):
        pose = _jitter(places[k], model, rng, s)
        stretch = _stretch(slot.fdi, form) + float(rng.normal(0, 0.03))
        local = _lengthened(model.crown(forms[k], sizes[k]), stretch)
        local = worn_flat(local, slot.worn, aside)
        teeth.append(PlacedTooth(slot.fdi, pose, local, forms[k], float(sizes[k]), stretch, model))
    dentition = _last_dentition(dentition, row, rng, aside, s)
    teeth = _close_contacts(teeth, dentition, rng, s)
    beside = set_beside(teeth, dentition, aside)
    teeth = [sunk(t, slot.sunk) for t, slot in zip(teeth, dentition.slots, strict=True)]
    gone = dentition.gone
    return DrawnArch(
        jaw,
        tuple(t for k, own in enumerate(teeth) for t in (own, *beside.get(k, ())) if t.fdi not in gone),
        tuple(t for t in teeth if t.fdi in gone),
        frozenset(dentition.closed),
    )


def _first_dentition(row: tuple[int, ...], form: ArchForm, aside: Rng, s: ArchFormSettings) -> Dentition:
    """Which tooth each place belongs to."""
    if form.age_years is not None:
        return child(row, form.age_years, aside)
    dentition = grown(row)
    return with_retained(dentition, aside) if aside.random() < s.retained_rate else dentition


def _last_dentition(dentition: Dentition, row: tuple[int, ...], rng: Rng, aside: Rng, s: ArchFormSettings) -> Dentition:
    """Which of them are absent, half erupted or joined by teeth too many."""
    gone, closed = _absent(row, rng, s)
    if not dentition.is_child:
        dentition = dentition.without(gone, closed)
        if aside.random() < s.half_erupted_rate:
            dentition = with_half_erupted(dentition, aside)
    return with_extra(dentition, aside) if aside.random() < s.supernumerary_rate else dentition


def _stretch(fdi: int, form: ArchForm) -> float:
    """Length of a clinical crown against the model's; children's gums have not receded."""
    if form.age_years is not None or numbers.is_deciduous(fdi):
        return 1 + 0.25 * (form.stretch - 1)
    share = 1.0 if numbers.is_anterior(fdi) else 0.6
    return 1 + (form.stretch - 1) * share


def _lengthened(crown: Mesh, stretch: float) -> Mesh:
    """Lengthen a crown towards the root; its occlusal third keeps its form."""
    z = crown.vertices[:, 2]
    hinge = np.quantile(z, 0.75)
    longer = np.where(z < hinge, hinge + (z - hinge) * stretch, z)
    return Mesh(np.c_[crown.vertices[:, :2], longer], crown.faces)


def _sizes(row: tuple[int, ...], rng: Rng, s: ArchFormSettings) -> NDArray[np.float64]:
    covariance = size_covariance(row) + 1e-6 * np.eye(len(row))
    draw = rng.multivariate_normal(np.zeros(len(row)), covariance, method="eigh")
    return np.clip(1 + s.size_spread * draw, 0.75, 1.3)


def _forms(row: tuple[int, ...], rng: Rng, s: ArchFormSettings) -> list[NDArray[np.float64]]:
    """Mode coefficients; twins share most of their form, as in a real mouth."""
    k = crown_model(row[0]).modes.shape[0]
    shared = {p: rng.standard_normal(k) for p in range(1, 9)}
    alike = np.sqrt(rng.uniform(0.6, 0.9))
    own = np.sqrt(1 - alike**2)
    return [
        np.clip(s.shape_spread * (alike * shared[numbers.position(t)] + own * rng.standard_normal(k)), -2.5, 2.5)
        for t in row
    ]


def _absent(row: tuple[int, ...], rng: Rng, s: ArchFormSettings) -> tuple[set[int], set[int]]:
    """Draw which teeth are absent, and which of these gaps have closed."""
    gone = {t for t in row if numbers.position(t) == 8 and rng.random() > s.third_molar_rate}
    closed: set[int] = set()
    if rng.random() < s.unerupted_rate:  # a young mouth: the second molars are not through yet
        sides = [True, False] if rng.random() < 0.8 else [bool(rng.random() < 0.5)]
        gone |= {t for t in row if numbers.position(t) >= 7 and numbers.is_left(t) in sides}
    if rng.random() < s.extraction_rate:  # teeth taken out for orthodontics, gaps closed
        place = int(rng.choice([4, 4, 4, 5, 1, 2]))
        taken = {t for t in row if numbers.position(t) == place}
        if place <= 2 and numbers.jaw_of(row[0]) == "lower":
            taken = {sorted(taken)[int(rng.integers(2))]}
        gone |= taken
        closed |= taken
    if rng.random() < s.missing_rate:
        count = int(rng.choice([1, 2, 3, 4, 6], p=[0.45, 0.27, 0.14, 0.09, 0.05]))
        rate = {1: 0.6, 2: 1.0, 3: 0.4, 4: 1.6, 5: 1.3, 6: 1.2, 7: 1.6}
        often = np.array([rate.get(numbers.position(t), 0) for t in row])
        lost = {int(t) for t in rng.choice(row, size=count, replace=False, p=often / often.sum())}
        closed |= {t for t in sorted(lost) if rng.random() < s.closed_gap_rate}
        gone |= lost
    return gone, closed & gone


def _along_arch(
    row: tuple[int, ...], models: list[CrownModel], sizes: NDArray[np.float64], form: ArchForm
) -> list[NDArray[np.float64]]:
    """Poses along a drawn arch curve, keeping each tooth's mean offset and turn against the curve.

    ``row`` are the permanent teeth, along which the mean curve runs; ``models`` those of the teeth in their places.
    """
    means = [m.arch_pose for m in models]
    centres = np.array([crown_model(t).arch_pose[:3, 3] for t in row])
    mean_widths = np.array([np.ptp(crown_model(t).mean[:, 0]) for t in row])
    own_widths = np.array([np.ptp(m.mean[:, 0]) for m in models])
    curve, at = _curve_through(centres)
    steps = own_widths * sizes
    stretch = steps.sum() / mean_widths.sum()
    scale = np.array([*form.scale, 1.0])
    taper, lopsided = form.taper, np.array(form.lopsided_mm)
    mid = len(row) // 2
    cumulative = np.concatenate([[0], np.cumsum((steps[:-1] + steps[1:]) / 2)])
    cumulative -= (cumulative[mid - 1] + cumulative[mid]) / 2
    mean_cumulative = at - (at[mid - 1] + at[mid]) / 2
    length_now = _deformed_length(curve, at, scale, taper, lopsided)
    positions = cumulative / stretch
    placed = []
    for k, _tooth in enumerate(row):
        u = float(positions[k] + (at[mid - 1] + at[mid]) / 2)
        base_point, base_tangent = curve(mean_cumulative[k] + (at[mid - 1] + at[mid]) / 2), curve(at[k], 1)
        point, tangent = curve(u), curve(u, 1)
        turn = _yaw(tangent) - _yaw(base_tangent)
        new_point = _deform(point, scale * stretch * length_now, taper, lopsided)
        ahead = _deform(point + tangent * 0.1, scale * stretch * length_now, taper, lopsided)
        turn += _yaw(ahead - new_point) - _yaw(tangent)
        rotation = _rotation_z(turn)
        offset = rotation @ (means[k][:3, 3] - base_point)
        pose = np.eye(4)
        pose[:3, :3] = rotation @ means[k][:3, :3]
        pose[:3, 3] = new_point + offset
        reach = new_point[1] / 25
        pose[2, 3] += form.spee_mm * (2 * reach**2 - 0.5) + np.tan(form.lean_rad) * new_point[0] * 0.1
        placed.append(pose)
    return placed


def _close_contacts(teeth: list[PlacedTooth], dentition: Dentition, rng: Rng, s: ArchFormSettings) -> list[PlacedTooth]:
    """Slide teeth along the arch, from the midline outwards, until neighbours touch or keep their drawn gap."""
    gone, closed, room = dentition.gone, dentition.closed, room_mm(dentition)
    mid = len(teeth) // 2
    spaced, crowded = rng.random() < s.spaced_rate, rng.random() < s.crowded_rate
    drift = rng.uniform(0, 0.6)  # how much of a gap left by a lost tooth the neighbours have closed
    out = list(teeth)
    for order in (range(mid, len(teeth)), range(mid - 1, -1, -1)):
        before = mid - 1 if order.start == mid else mid
        shift = np.zeros(3)
        for k in order:
            tooth, last = out[k], out[before]
            pose = tooth.pose.copy()
            pose[:3, 3] += shift
            if crowded and numbers.position(tooth.fdi) <= 5 and rng.random() < 0.5:
                pose = _out_of_line(pose, tooth.fdi, rng, s)
            tooth = replace(tooth, pose=pose)
            if tooth.fdi in closed:
                out[k] = tooth
                continue
            target = (
                rng.uniform(-0.25, 0.0)
                if not spaced
                else float(rng.uniform(-0.1, s.spacing_max_mm) * (rng.random() < 0.6))
            )
            if tooth.fdi in gone:
                target -= drift * np.ptp(tooth.local.vertices[:, 0]) * 0.5
            target += room[k]
            for _ in range(2):
                gap = gap_mm(last, tooth)
                along = tooth.pose[:3, 3] - last.pose[:3, 3]
                along[2] = 0
                move = (target - gap) * along / np.linalg.norm(along)
                tooth.pose[:3, 3] += move
                shift += move
            out[k] = tooth
            before = k
    return out


def _out_of_line(pose: NDArray[np.float64], fdi: int, rng: Rng, s: ArchFormSettings) -> NDArray[np.float64]:
    reach = s.crowding_max_mm * (1.0 if numbers.position(fdi) <= 3 else 0.5)
    moved = pose.copy()
    moved[:3, 3] += pose[:3, 1] * rng.uniform(-reach, reach)
    moved[:3, :3] = _rotation_z(np.radians(rng.normal(0, 10))) @ pose[:3, :3]
    return moved


def _curve_through(centres: NDArray[np.float64]) -> tuple[CubicSpline, NDArray[np.float64]]:
    """Smooth planar curve near the centres, and the arc length at each, mm."""
    gaps = np.linalg.norm(np.diff(centres[:, :2], axis=0), axis=1)
    at = np.concatenate([[0], np.cumsum(gaps)])
    degree = 6
    basis = np.polynomial.chebyshev.chebvander(2 * at / at[-1] - 1, degree)
    coefficients, *_ = np.linalg.lstsq(basis, centres, rcond=None)
    knots = np.linspace(-0.05 * at[-1], 1.05 * at[-1], 80)
    points = np.polynomial.chebyshev.chebvander(2 * knots / at[-1] - 1, degree) @ coefficients
    return CubicSpline(knots, points), at


def _deform(
    p: NDArray[np.float64], scale: NDArray[np.float64], taper: float, lopsided: NDArray[np.float64]
) -> NDArray[np.float64]:
    back = (p[1] + 16) / 40  # 0 at the incisors, 1 at the second molars
    x = p[0] * (1 + taper * (0.5 - back))
    return np.array([x + lopsided[0] * back, p[1] + lopsided[1] * np.tanh(p[0] / 20) * back, p[2]]) * scale


def _deformed_length(
    curve: CubicSpline, at: NDArray[np.float64], scale: NDArray[np.float64], taper: float, lopsided: NDArray[np.float64]
) -> float:
    """Factor that keeps the curve as long as the teeth need after it was widened or tapered."""
    u = np.linspace(at[0], at[-1], 60)
    before = curve(u)
    after = np.array([_deform(p, scale, taper, lopsided) for p in before])
    steps = [np.linalg.norm(np.diff(q[:, :2], axis=0), axis=1).sum() for q in (before, after)]
    return float(steps[0] / steps[1])


def _jitter(pose: NDArray[np.float64], model: CrownModel, rng: Rng, s: ArchFormSettings) -> NDArray[np.float64]:
    """Move and turn one tooth by part of its published pose variation."""
    spread = np.sqrt(np.diag(model.pose_cov)) * s.irregularity
    spread[:2] *= 0.45  # most of the published variation in the plane is the arch form, drawn already
    d = np.clip(rng.standard_normal(6), -2.2, 2.2) * spread
    moved = pose.copy()
    angle = np.linalg.norm(d[3:])
    if angle > 0:
        x, y, z = d[3:] / angle
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        moved[:3, :3] = (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross) @ pose[:3, :3]
    moved[:3, 3] += d[:3]
    return moved


def _yaw(direction: NDArray[np.float64]) -> float:
    return float(np.arctan2(direction[1], direction[0]))


def _rotation_z(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


__all__ = ["ArchForm", "ArchFormSettings", "DrawnArch", "PlacedTooth", "Rng", "draw_arch", "draw_form"]
