"""Which incidents of a batch happen in which stage, and what they do there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...errors import HistoryError
from ..days import day_number, to_date
from ..places import Container
from ..plan import BatchPlan, Stay
from ..stages import StageRule
from .context import IncidentContext
from .incident import Incident, IncidentImpact

_WATERS = {"hall": "hall", "area": "sea area"}


@dataclass(frozen=True)
class ScheduledIncident:
    """An incident in the stage it happens in.

    Attributes:
        number: its position among the incidents of the batch.
        incident: the incident.
        day: day of the stage on which it begins.
        impact: what it struck and did.
    """

    number: int
    incident: Incident
    day: int
    impact: IncidentImpact


def scheduled_incidents(
    incidents: Sequence[Incident],
    plan: BatchPlan,
    stay: Stay,
    rule: StageRule,
    containers: tuple[Container, ...],
    seed: int,
) -> tuple[ScheduledIncident, ...]:
    """The incidents that begin in one stay, with what they do.

    Raises:
        HistoryError: when one cannot happen there.
    """
    found = []
    for number, incident in enumerate(incidents):
        on = incident_date(incident, plan)
        if not stay.arrives <= on < stay.leaves:
            continue
        context = IncidentContext(
            title=incident_title(incident, plan),
            seed=seed,
            batch=plan.number,
            number=number,
            rule=rule,
            containers=containers,
            day=(on - stay.arrives).days,
            days=(stay.leaves - stay.arrives).days,
        )
        found.append(ScheduledIncident(number, incident, context.day, incident.impact(context)))
    return tuple(found)


def incident_date(incident: Incident, plan: BatchPlan) -> date:
    """The date on which an incident begins."""
    if isinstance(incident.day, date):
        return incident.day
    return plan.starts + timedelta(days=incident.day)


def incident_title(incident: Incident, plan: BatchPlan) -> str:
    """An incident and its day, as messages name it."""
    on = incident_date(incident, plan)
    return f"{incident.kind} on day {(on - plan.starts).days} ({on})"


def check_incidents(
    incidents: Sequence[Incident], plan: BatchPlan, rules: Mapping[int, StageRule], as_of: int
) -> None:
    """Refuse incidents that cannot happen to a batch.

    Args:
        incidents: the incidents.
        plan: the batch's plan.
        rules: stage rules by order.
        as_of: the day number on which its history ends.

    Raises:
        HistoryError: naming the incident, what is wrong and what day to give.
    """
    for incident in incidents:
        _check_day(incident, plan, as_of)
        on = incident_date(incident, plan)
        stay = next(one for one in plan.stays if one.arrives <= on < one.leaves)
        _check_stage(incident, plan, rules, rules[stay.stage])


def _check_day(incident: Incident, plan: BatchPlan, as_of: int) -> None:
    on, last = incident_date(incident, plan), plan.harvest_starts - timedelta(days=1)
    until = (last - plan.starts).days
    if not plan.starts <= on <= last:
        raise HistoryError(
            f"{incident_title(incident, plan)}: all fish of {plan.number} are there from day 0 "
            f"({plan.starts}) to day {until} ({last}), when harvest begins; give a day of these"
        )
    if day_number(on) > as_of:
        ends = as_of - day_number(plan.starts)
        raise HistoryError(
            f"{incident_title(incident, plan)}: the history of {plan.number} ends on day {ends} "
            f"({to_date(as_of)}); give a day until then, or go on longer with until(...)"
        )


def _check_stage(
    incident: Incident, plan: BatchPlan, rules: Mapping[int, StageRule], rule: StageRule
) -> None:
    if rule.site in incident.sites and (rule.is_fed or not incident.needs_feeding):
        return
    fitting = [
        f"{(stay.arrives - plan.starts).days} to {(stay.leaves - plan.starts).days - 1}"
        for stay in plan.stays
        if rules[stay.stage].site in incident.sites
        and (rules[stay.stage].is_fed or not incident.needs_feeding)
    ]
    is_site_right = rule.site in incident.sites
    reason = "are not fed" if is_site_right else f"are kept in a {_WATERS[rule.site]}"
    raise HistoryError(
        f"{incident_title(incident, plan)}: fish of stage {rule.order} ({rule.name}) {reason}, "
        f"where there is none; give a day of {', '.join(fitting)}"
    )
