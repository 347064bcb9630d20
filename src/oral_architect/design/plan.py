"""A person's plan for a mouth: what is to be built on a tooth, from what, in which form; the rest stays automatic."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from oral_architect.anatomy.bite.articulator import ArticulatorSettings
from oral_architect.case import Settings, Vector
from oral_architect.errors import SettingsError
from oral_architect.findings.document import Finding
from oral_architect.teeth.fdi import is_anterior, is_permanent, position

from .document import Policy, RaisedAt, RestorationKind
from .materials import materials

PlanKind = RestorationKind | Literal["none"]
KINDS: tuple[str, ...] = (*get_args(RestorationKind), "none")
FORMS = ("inferred", "mirror", "library")
_COPY = re.compile(r"copy ([1-4][1-8])")


class ContactStrengths(Settings):
    """Strength of contacts asked for, µm: positive overlaps, negative leaves a gap. What is left out is the default."""

    mesial_um: float | None = None
    distal_um: float | None = None
    occlusal_um: float | None = None
    stops: int | None = Field(default=None, ge=0, le=12)
    """Contacts in intercuspation; 0 keeps the tooth out of contact."""


class ToothPlan(Settings):
    """What a person wants for one tooth; what is left out is decided automatically."""

    fdi: int
    kind: PlanKind | None = None
    """``none`` leaves the tooth alone."""
    material: str | None = None
    policy: Policy | None = None
    form: str | None = None
    """``inferred``, ``mirror``, ``library`` or ``copy 15``, the form of another tooth."""
    contacts: ContactStrengths = ContactStrengths()
    line_points: tuple[Vector, ...] = ()
    """Points the finish line has to run through, patient frame, mm."""
    insertion_axis: Vector | None = None
    """Direction in which the restoration is taken off, patient frame; any length."""
    abutments: tuple[int, ...] = ()
    """Of a bridge: the teeth beside the gap that carry it; those that stand there when left out."""

    @field_validator("fdi")
    @classmethod
    def _permanent(cls, fdi: int) -> int:
        if not is_permanent(fdi):
            raise ValueError(f"{fdi} is not a permanent tooth (FDI 11 to 48)")
        return fdi

    @field_validator("form")
    @classmethod
    def _form(cls, form: str | None) -> str | None:
        if form is not None and form not in FORMS and not _COPY.fullmatch(form):
            raise ValueError(f"'{form}' is no form; there are {', '.join(FORMS)} and 'copy 15' (any FDI number)")
        return form

    @field_validator("material")
    @classmethod
    def _material(cls, name: str | None) -> str | None:
        if name is not None and name not in materials():
            raise ValueError(f"no material '{name}' is known; there are: {'; '.join(materials())}")
        return name

    @field_validator("insertion_axis")
    @classmethod
    def _axis(cls, axis: Vector | None) -> Vector | None:
        if axis is not None and sum(x * x for x in axis) < 1e-12:
            raise ValueError("an insertion axis of no length has no direction")
        return axis

    @field_validator("abutments")
    @classmethod
    def _abutments(cls, teeth: tuple[int, ...]) -> tuple[int, ...]:
        wrong = [fdi for fdi in teeth if not is_permanent(fdi)]
        if wrong:
            raise ValueError(f"{wrong[0]} is not a permanent tooth (FDI 11 to 48)")
        if len(teeth) not in (0, 2) or len(set(teeth)) != len(teeth):
            raise ValueError("a bridge has two abutments, the teeth on either side of the gap")
        return teeth

    @model_validator(mode="after")
    def _of_a_bridge(self) -> ToothPlan:
        if self.abutments and self.kind not in (None, "bridge"):
            raise ValueError(f'abutments are those of a bridge; kind is "{self.kind}"')
        if self.abutments and self.fdi in self.abutments:
            raise ValueError(f"{self.fdi} cannot carry the bridge that replaces it")
        return self

    @property
    def copy_of(self) -> int | None:
        """The tooth whose form is copied; ``None`` for another form."""
        found = _COPY.fullmatch(self.form or "")
        return int(found.group(1)) if found else None


class MouthPlan(Settings):
    """What a person wants for the whole mouth."""

    raise_bite_mm: float = Field(default=0.0, ge=0, le=20)
    """How far the bite is raised; every tooth that bites is then built up until it meets the other jaw again."""
    share_upper: float = Field(default=0.5, ge=0, le=1)
    """Part of the room that the upper teeth take; the lower ones take the rest."""
    raised_at: RaisedAt = "incisors"
    """Where ``raise_bite_mm`` is measured."""


class Plan(Settings):
    """A plan for a mouth."""

    mouth: MouthPlan = MouthPlan()
    teeth: tuple[ToothPlan, ...] = ()
    articulator: ArticulatorSettings = ArticulatorSettings()

    @model_validator(mode="after")
    def _once(self) -> Plan:
        numbers = [tooth.fdi for tooth in self.teeth]
        twice = sorted({fdi for fdi in numbers if numbers.count(fdi) > 1})
        if twice:
            raise ValueError(f"tooth {twice[0]} is planned twice")
        return self

    def tooth(self, fdi: int) -> ToothPlan:
        """What is planned for a tooth; nothing but its number where nothing is."""
        return next((tooth for tooth in self.teeth if tooth.fdi == fdi), ToothPlan(fdi=fdi))

    def has(self, fdi: int) -> bool:
        """Whether anything is said about a tooth."""
        return any(tooth.fdi == fdi for tooth in self.teeth)

    def with_tooth(self, changed: ToothPlan) -> Plan:
        """Return the plan with another word on one tooth; one that says nothing any more is left out."""
        others = [tooth for tooth in self.teeth if tooth.fdi != changed.fdi]
        if changed != ToothPlan(fdi=changed.fdi):
            others.append(changed)
        return self.model_copy(update={"teeth": tuple(sorted(others, key=lambda tooth: tooth.fdi))})


def impossible(plan: ToothPlan, finding: Finding | None, *, stands: bool) -> str:
    """Return why a kind cannot be made for what was found on a tooth; empty when it can."""
    kind, fdi = plan.kind, plan.fdi
    if kind is None or kind == "none":
        return ""
    pontic = kind in ("pontic", "bridge")
    chewing = kind in ("inlay", "onlay", "overlay", "tabletop")
    prepared = finding is not None and finding.kind == "prepared"
    reasons = (
        (not stands and finding is None, "there is no such tooth on the scans and no gap for it."),
        (not stands and not pontic, "the tooth is missing; plan a pontic or a bridge."),
        (stands and pontic, "the tooth stands."),
        (kind == "veneer" and position(fdi) > 5, "this is a molar."),
        (chewing and is_anterior(fdi), "a front tooth has no chewing surface."),
        (stands and prepared and kind != "crown", "the tooth is prepared for a crown."),
    )
    return next((f"a {kind} is planned, but {why}" for holds, why in reasons if holds), "")


def checked(model: type[Settings], data: dict[str, Any], where: str) -> Any:
    """Validate plain data as a part of a plan.

    Raises
    ------
    SettingsError
        With a plain sentence for the first thing that is wrong.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if "[" not in str(part))
        raise SettingsError(
            f"{place + ': ' if place else ''}{first['msg'].removeprefix('Value error, ')}.",
            where=where,
            todo="Correct the plan; 'oral-architect plan CASE' writes one that is right.",
        ) from None
