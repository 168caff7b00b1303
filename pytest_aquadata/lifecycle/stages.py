"""Rules of lifecycle stages, which are identified by their order, 1 to n."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StageRule:
    """The rules of one lifecycle stage, read from the farm file.

    Attributes:
        order: position in the lifecycle, from 1 (eggs and alevins).
        name: name in the database.
        site: kind of its sites, `hall` or `area`.
        days: planned duration; expected duration of the last stage, which ends by weight.
        weight_min_g: expected weight at the start of the stage.
        weight_max_g: expected weight at its end.
        tgc_per_1000: thermal growth coefficient at the reference temperature, in units of
            g^(1/3) per 1000 degree-days; 0 for a stage that lives on yolk.
        reference_temp_c: the temperature at which `tgc_per_1000` holds.
        fcr: biological feed conversion ratio at the start of the stage.
        fcr_end: biological feed conversion ratio at its end.
        meals: clock times of feeding, `HH:MM`; empty for unfed stages.
        waste_pct: feed that is not eaten, percent of the feed eaten.
        monthly_mortality_pct: expected loss in 30 days.
        early_monthly_mortality_pct: expected loss in 30 days, in the first 90 days of the stage.
        max_density_kg_m3: planned biomass limit of a container.
        max_fish_per_container: legal limit of fish in a container; 0 for none.
        hall_temp_c: set temperature of the hall's water; None at sea.
        model_names: names of the stage in AquaMind's model tables, first to last.
        sample_every_days: days between growth samples; 0 for none.
        sample_size: fish weighed in a growth sample.
    """

    order: int
    name: str
    site: str
    days: int
    weight_min_g: float
    weight_max_g: float
    tgc_per_1000: float
    reference_temp_c: float
    fcr: float
    fcr_end: float
    meals: tuple[str, ...]
    waste_pct: float
    monthly_mortality_pct: float
    early_monthly_mortality_pct: float
    max_density_kg_m3: float
    max_fish_per_container: int
    hall_temp_c: float | None
    model_names: tuple[str, ...]
    sample_every_days: int
    sample_size: int

    @property
    def is_fed(self) -> bool:
        """True if the fish of this stage are fed."""
        return bool(self.meals)
