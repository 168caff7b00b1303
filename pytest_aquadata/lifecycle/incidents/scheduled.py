"""Incidents placed in the stages of a batch, and the check that they can happen there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...errors import HistoryError
from ..days import day_number, to_date
from ..places import FishContainer
from ..plan import BatchPlan, PlannedStay
from ..stages import StageRule
from .context import IncidentContext
from .incident import Incident, IncidentImpact

_SITE_NAMES = {"hall": "hall", "area": "sea area"}


@dataclass(frozen=True)
class ScheduledIncident:
    """An incident in the stage in which it begins.

    Attributes:
        number: position among the incidents of the batch.
        incident: the incident.
        day: day of the stage on which it begins.
        impact: containers affected and effects.
    """

    number: int
    incident: Incident
    day: int
    impact: IncidentImpact


def scheduled_incidents(
    incidents: Sequence[Incident],
    plan: BatchPlan,
    stay: PlannedStay,
    rule: StageRule,
    containers: tuple[FishContainer, ...],
    seed: int,
) -> tuple[ScheduledIncident, ...]:
    """Return the incidents that begin in one stay, with their impact.

    Raises:
        HistoryError: if one cannot happen in the stay's stage.
    """
    scheduled = []
    for number, incident in enumerate(incidents):
        begins = incident_date(incident, plan)
        if not stay.arrives <= begins < stay.leaves:
            continue
        context = IncidentContext(
            title=incident_title(incident, plan),
            seed=seed,
            batch=plan.number,
            number=number,
            rule=rule,
            containers=containers,
            day=(begins - stay.arrives).days,
            days=(stay.leaves - stay.arrives).days,
        )
        scheduled.append(ScheduledIncident(number, incident, context.day, incident.impact(context)))
    return tuple(scheduled)


def incident_date(incident: Incident, plan: BatchPlan) -> date:
    """Return the date on which an incident begins."""
    if isinstance(incident.day, date):
        return incident.day
    return plan.starts + timedelta(days=incident.day)


def incident_title(incident: Incident, plan: BatchPlan) -> str:
    """Return an incident and its day, as messages name it."""
    begins = incident_date(incident, plan)
    return f"{incident.kind} on day {(begins - plan.starts).days} ({begins})"


def check_incidents(
    incidents: Sequence[Incident], plan: BatchPlan, rules: Mapping[int, StageRule], as_of: int
) -> None:
    """Raise an error for an incident that cannot happen to a batch.

    Args:
        incidents: incidents of the batch.
        plan: the batch's plan.
        rules: stage rules by order.
        as_of: last day of the batch's history, as a day number.

    Raises:
        HistoryError: naming the incident, the reason and the possible days.
    """
    for incident in incidents:
        _check_day(incident, plan, as_of)
        begins = incident_date(incident, plan)
        stay = next(stay for stay in plan.stays if stay.arrives <= begins < stay.leaves)
        _check_stage(incident, plan, rules, rules[stay.stage])


def _check_day(incident: Incident, plan: BatchPlan, as_of: int) -> None:
    begins, last = incident_date(incident, plan), plan.harvest_starts - timedelta(days=1)
    last_day = (last - plan.starts).days
    if not plan.starts <= begins <= last:
        raise HistoryError(
            f"{incident_title(incident, plan)}: incidents can begin between the delivery of the "
            f"eggs of {plan.number} on day 0 ({plan.starts}) and the eve of harvest on day "
            f"{last_day} ({last}); give one of these days"
        )
    if day_number(begins) > as_of:
        raise HistoryError(
            f"{incident_title(incident, plan)}: the history of {plan.number} ends on day "
            f"{as_of - day_number(plan.starts)} ({to_date(as_of)}); give a day before that, or a "
            "later end with until(...)"
        )


def _check_stage(
    incident: Incident, plan: BatchPlan, rules: Mapping[int, StageRule], rule: StageRule
) -> None:
    if _is_possible(incident, rule):
        return
    possible = [
        f"{(stay.arrives - plan.starts).days} to {(stay.leaves - plan.starts).days - 1}"
        for stay in plan.stays
        if _is_possible(incident, rules[stay.stage])
    ]
    is_site_possible = rule.site in incident.sites
    state = "are not fed" if is_site_possible else f"are kept in a {_SITE_NAMES[rule.site]}"
    raise HistoryError(
        f"{incident_title(incident, plan)}: fish of stage {rule.order} ({rule.name}) {state}, so "
        f"it cannot happen to them; give a day of {', '.join(possible)}"
    )


def _is_possible(incident: Incident, rule: StageRule) -> bool:
    return rule.site in incident.sites and (rule.is_fed or not incident.needs_feeding)
