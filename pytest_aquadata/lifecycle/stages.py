"""What the farm expects of a lifecycle stage. Stages are known by their order, 1 to n."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StageRule:
    """The rules of one lifecycle stage, read from the farm file.

    Attributes:
        order: place in the lifecycle, from 1 (eggs and alevins) upwards.
        name: the name in the database.
        site: where it is kept, `hall` or `area`.
        days: planned duration; for the last stage, the expected one (harvest is by weight).
        weight_min_g: expected weight at the start of the stage.
        weight_max_g: expected weight at its end.
        tgc_per_1000: thermal growth coefficient at the reference temperature, in units of
            g^(1/3) per 1000 degree-days; 0 for a stage that lives on its yolk.
        reference_temp_c: the temperature at which `tgc_per_1000` holds.
        fcr: biological feed conversion ratio at the start of the stage.
        fcr_end: the same at the end of the stage.
        meals: clock times at which the fish are fed, `HH:MM`; none for unfed stages.
        waste_pct: feed that is not eaten, percent of what is.
        monthly_mortality_pct: expected loss in 30 days.
        early_monthly_mortality_pct: the same in the first 90 days of the stage.
        max_density_kg_m3: planned biomass limit of a container.
        max_fish_per_container: legal limit of fish in a container; 0 for none.
        hall_temp_c: set temperature of the hall's water; None at sea.
        model_names: what AquaMind's model tables call the stage, first to last.
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
        """Whether the fish of this stage are given feed."""
        return bool(self.meals)
