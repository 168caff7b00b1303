"""The factory for treatments: baths, delousing, medicine and vaccination."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.delousing import MEDICINAL, METHODS, Method
from ..schema import HealthSamplingEvent, Treatment, VaccinationType
from .base import AquadataFactory
from .batch import assignment_parent
from .column_values import at_time
from .context import FactoryContext
from .declarations import FlagChoice, Pins
from .fish_counts import require_fish
from .fish_groups import FishGroup, fish_group_of, user_named
from .health_samplings import HealthSamplingEventFactory
from .lice import females_above_limit
from .standard_farm import LAST_STAGE, standard_farm

_SMOLT = 4
_THERMAL, _BATH = METHODS[0], METHODS[1]


class TreatmentFactory(AquadataFactory[Treatment]):
    """A treatment of the fish in one container: a freshwater bath, unless a trait is on.

    Parameters:
        assignment (BatchContainerAssignment): fish that are treated; default one of `batch`, or
            new.
        batch (Batch): batch that is treated.
        stage (int): stage of a new assignment, 1 to 6; default 6, or 4 (smolt) for vaccination.

    Traits:
        delousing: thermal delousing.
        medicated: emamectin in the feed, whose withdrawal period delays the harvest.
        vaccination: vaccination of smolts.
        weighed: with a health sampling of 75 fish on the same day.

    Example:
        >>> TreatmentFactory(medicated=True).withholding_period_days
        60
    """

    class Meta:
        model = Treatment

    class Params:
        delousing = False
        medicated = False
        vaccination = False
        weighed = False
        stage = FlagChoice(LAST_STAGE, vaccination=_SMOLT)
        batch = None
        assignment = assignment_parent(key="batch_assignment_id")

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        require_fish(group, "a treatment")
        if pins["vaccination"] or pins.get("treatment_type") == "vaccination":
            values = _vaccination_values(context, group, pins)
        else:
            values = _cure_values(group, pins)
        moment = pins.get("treatment_date", values["treatment_date"])
        is_weighed = pins["weighed"] and pins.get("sampling_event_id") is None
        sampling = _add_sampling(group, moment) if is_weighed else None
        return {
            **values,
            "treatment_date": moment,
            "batch_id": group.batch.id,
            "batch_assignment_id": group.assignment.id,
            "container_id": group.container.id,
            "user_id": user_named(context, "vet").id,
            "includes_weighing": sampling is not None,
            "sampling_event_id": None if sampling is None else sampling.id,
            "group": group,
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        if row.withholding_period_days:
            group: FishGroup = plan["group"]
            end = _withdrawal_end(row)
            group.harvestable_from = max(group.harvestable_from or end, end)


def _withdrawal_end(treatment: Any) -> date:
    """Return the first day after the withdrawal period of a treatment."""
    days = max(treatment.duration_days - 1, 0) + treatment.withholding_period_days
    return treatment.treatment_date.date() + timedelta(days=days)


def _add_sampling(group: FishGroup, moment: datetime) -> HealthSamplingEvent:
    return HealthSamplingEventFactory(assignment=group.assignment, sampling_date=moment.date())


def _cure_values(group: FishGroup, pins: Pins) -> dict[str, Any]:
    """Return the columns of a bath, a delousing or a medication."""
    method = _method(pins)
    if method is None:
        description, method = "Freshwater bath against amoebic gill disease", _BATH
    else:
        females = females_above_limit(group, group.today) / float(FISH_COUNTED)
        description = f"{method.description} after {females:.2f} adult female lice a fish"
    return {
        "treatment_date": at_time(group.today, 9),
        "treatment_type": method.treatment_type,
        "description": description,
        "dosage": method.dosage,
        "duration_days": method.lasting_days,
        "withholding_period_days": method.withholding_days,
        "outcome": "pending",
        "vaccination_type_id": None,
    }


def _method(pins: Pins) -> Method | None:
    """Return the method against lice that is asked for, or None for a bath."""
    if pins["medicated"] or pins.get("treatment_type") == "medication":
        return METHODS[MEDICINAL]
    return _THERMAL if pins["delousing"] else None


def _vaccination_values(context: FactoryContext, group: FishGroup, pins: Pins) -> dict[str, Any]:
    """Return the columns of a vaccination, on the farm's day of the stage or today if sooner."""
    plan = standard_farm().document.vaccinations[0]
    vaccine_id = pins.get("vaccination_type_id")
    if vaccine_id is None:
        vaccine_id = context.catalogue.row_where(VaccinationType, name=plan.vaccine).id
    vaccine = context.rows.get(VaccinationType, vaccine_id)
    day = min(plan.day, (group.today - group.stage.arrives).days)
    return {
        "treatment_date": at_time(group.stage.arrives + timedelta(days=day), 9),
        "treatment_type": "vaccination",
        "description": f"Injection with {vaccine.name}",
        "dosage": "0.05 ml a fish",
        "duration_days": 1,
        "withholding_period_days": 0,
        "outcome": "successful",
        "vaccination_type_id": vaccine_id,
    }
