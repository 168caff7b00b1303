"""Checks of the lifecycle stages in a farm file."""

from __future__ import annotations

from itertools import pairwise

from ..lifecycle.growth_analysis.models import MODEL_NAMES
from ..lifecycle.stages import StageRule
from .document_checker import DocumentChecker
from .yaml_parser import quoted

_STAGE_RANGES = (
    ("days", 1, 2000),
    ("weight_min_g", 0.01, 100_000),
    ("weight_max_g", 0.01, 100_000),
    ("tgc_per_1000", 0, 9.99),
    ("reference_temp_c", 0.1, 25),
    ("fcr", 0, 5),
    ("fcr_end", 0, 5),
    ("waste_pct", 0, 50),
    ("monthly_mortality_pct", 0, 99),
    ("early_monthly_mortality_pct", 0, 99),
    ("max_density_kg_m3", 0.1, 500),
    ("max_fish_per_container", 0, 1_000_000_000),
    ("sample_every_days", 0, 1000),
    ("sample_size", 0, 10_000),
)


def check_stages(check: DocumentChecker, stages: tuple[StageRule, ...]) -> None:
    """Refuse stages that are out of order, leave weight gaps or contradict themselves.

    Raises:
        DocumentError: names the first wrong key.
    """
    check.filled("stages", stages)
    for index, rule in enumerate(stages):
        key = f"stages[{index}]"
        order = index + 1
        check.require(rule.order == order, f"{key}.order", f"must be {order}, not {rule.order}")
        check.text(f"{key}.name", rule.name)
        for field, low, high in _STAGE_RANGES:
            check.within(f"{key}.{field}", getattr(rule, field), low, high)
        _stage(check, key, rule)
    for index, (before, after) in enumerate(pairwise(stages), start=1):
        _succession(check, f"stages[{index}]", before, after)
    check.unique("stages", "name", [rule.name for rule in stages])
    names = [name for rule in stages for name in rule.model_names]
    check.require(
        len(set(names)) == len(names), "stages", "each of model_names may occur once in all stages"
    )
    first, last = stages[0], stages[-1]
    check.require(first.site == "hall", "stages[0].site", "must be hall in the first stage")
    check.require(
        last.site == "area", f"stages[{len(stages) - 1}].site", "must be area in the last stage"
    )


def _stage(check: DocumentChecker, key: str, rule: StageRule) -> None:
    require = check.require
    require(
        rule.site in ("hall", "area"),
        f"{key}.site",
        f"must be hall or area, not {quoted(rule.site)}",
    )
    require(
        rule.weight_min_g < rule.weight_max_g,
        f"{key}.weight_max_g",
        f"must be above weight_min_g {rule.weight_min_g}, not {rule.weight_max_g}",
    )
    if rule.site == "hall":
        require(
            rule.hall_temp_c is not None,
            f"{key}.hall_temp_c",
            "must be a temperature for a stage in a hall",
        )
    else:
        require(rule.hall_temp_c is None, f"{key}.hall_temp_c", "must be null for a stage at sea")
    if rule.hall_temp_c is not None:
        check.within(f"{key}.hall_temp_c", rule.hall_temp_c, 0.1, 25)
    for index, meal in enumerate(rule.meals):
        check.matches(f"{key}.meals[{index}]", meal, r"([01]\d|2[0-3]):[0-5]\d", "a time HH:MM")
    require(
        all(before < after for before, after in pairwise(rule.meals)),
        f"{key}.meals",
        "must be in ascending order, each time once",
    )
    for field in ("tgc_per_1000", "fcr", "fcr_end"):
        value = getattr(rule, field)
        reason = (
            "must be above 0 in a stage with meals"
            if rule.is_fed
            else "must be 0 in a stage without meals"
        )
        require((value > 0) == rule.is_fed, f"{key}.{field}", reason)
    require(
        (rule.sample_every_days > 0) == (rule.sample_size > 0),
        f"{key}.sample_size",
        "must be 0 if sample_every_days is 0, else above 0",
    )
    check.filled(f"{key}.model_names", rule.model_names)
    for index, name in enumerate(rule.model_names):
        require(
            name in MODEL_NAMES,
            f"{key}.model_names[{index}]",
            f"must be one of {', '.join(MODEL_NAMES)}, not {quoted(name)}",
        )


def _succession(check: DocumentChecker, key: str, before: StageRule, after: StageRule) -> None:
    for field in ("weight_min_g", "weight_max_g"):
        low, value = getattr(before, field), getattr(after, field)
        check.require(
            low < value,
            f"{key}.{field}",
            f"must be above that of the stage before, {low}, not {value}",
        )
    check.require(
        after.weight_min_g <= before.weight_max_g,
        f"{key}.weight_min_g",
        f"leaves a gap: must be at most weight_max_g of the stage before, {before.weight_max_g}",
    )
    check.require(
        not (before.site == "area" and after.site == "hall"),
        f"{key}.site",
        "must be area, as in the stage before: fish do not return from sea",
    )
