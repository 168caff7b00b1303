"""The factory for treatments: baths, delousings, medicine and vaccinations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.delousing import MEDICINAL, METHODS, Method
from ..schema import Treatment, VaccinationType
from .base import AquadataFactory, Chosen, PinnedValues
from .batch import fish_in_a_container
from .company import Company
from .expected_life import standard_farm
from .health import HealthSamplingEventFactory
from .lice import over_limit
from .stays import Stay, person, refuse_emptied, stay_of
from .times import at_time

_SEA, _SMOLT = 6, 4
_THERMAL, _BATH = METHODS[0], METHODS[1]


class TreatmentFactory(AquadataFactory[Treatment]):
    """A treatment of the fish in one container: a freshwater bath, unless a trait says otherwise.

    Traits: `delousing` (thermal), `medicated` (emamectin in the feed, with its withdrawal period),
    `vaccination` (of smolts), `weighed` (with a sampling of 75 fish on the day).
    """

    class Meta:
        model = Treatment

    class Params:
        delousing = False
        medicated = False
        vaccination = False
        weighed = False
        stage = Chosen(_SEA, vaccination=_SMOLT)
        batch = None
        assignment = fish_in_a_container(key="batch_assignment_id")

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        refuse_emptied(stay, "a treatment")
        if pins["vaccination"] or pins.get("treatment_type") == "vaccination":
            given = _vaccination(at, stay, pins)
        else:
            given = _cure(at, stay, pins)
        moment = pins.get("treatment_date", given.pop("treatment_date"))
        weighed = pins["weighed"] and pins.get("sampling_event_id") is None
        sampling = _weighing(at, stay, moment) if weighed else None
        return {
            **given,
            "treatment_date": moment,
            "batch_id": stay.batch.id,
            "batch_assignment_id": stay.assignment.id,
            "container_id": stay.container.id,
            "user_id": person(at, "vet").id,
            "includes_weighing": sampling is not None,
            "sampling_event_id": None if sampling is None else sampling.id,
            "stay": stay,
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        if row.withholding_period_days:
            stay, lasting = plan["stay"], max(row.duration_days - 1, 0)
            free = row.treatment_date.date() + timedelta(days=lasting + row.withholding_period_days)
            stay.bound_until = max(stay.bound_until or free, free)


def _weighing(at: Company, stay: Stay, moment: Any) -> Any:
    return HealthSamplingEventFactory(assignment=stay.assignment, sampling_date=moment.date())


def _cure(at: Company, stay: Stay, pins: PinnedValues) -> dict[str, Any]:
    method = _method(pins)
    if method is None:
        description, method = "Freshwater bath against amoebic gill disease", _BATH
    else:
        females = over_limit(stay, stay.today) / float(FISH_COUNTED)
        description = f"{method.description} after {females:.2f} adult female lice a fish"
    return {
        "treatment_date": at_time(stay.today, 9),
        "treatment_type": method.treatment_type,
        "description": description,
        "dosage": method.dosage,
        "duration_days": method.lasting_days,
        "withholding_period_days": method.withholding_days,
        "outcome": "pending",
        "vaccination_type_id": None,
    }


def _method(pins: PinnedValues) -> Method | None:
    if pins["medicated"] or pins.get("treatment_type") == "medication":
        return METHODS[MEDICINAL]
    return _THERMAL if pins["delousing"] else None


def _vaccination(at: Company, stay: Stay, pins: PinnedValues) -> dict[str, Any]:
    plan = standard_farm().document.vaccinations[0]
    vaccine_id = pins.get("vaccination_type_id")
    if vaccine_id is None:
        vaccine_id = at.entry_where(VaccinationType, name=plan.vaccine).id
    vaccine = at.get(VaccinationType, vaccine_id)
    day = min(plan.day, (stay.today - stay.stage.arrives).days)
    return {
        "treatment_date": at_time(stay.stage.arrives + timedelta(days=day), 9),
        "treatment_type": "vaccination",
        "description": f"Injection with {vaccine.name}",
        "dosage": "0.05 ml a fish",
        "duration_days": 1,
        "withholding_period_days": 0,
        "outcome": "successful",
        "vaccination_type_id": vaccine_id,
    }
