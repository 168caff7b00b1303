"""Scenarios: models of temperature, growth, feed conversion and mortality, and projections."""

from django.conf import settings
from django.db import models


class TemperatureProfile(models.Model):
    """A series of daily water temperatures from the start of a batch."""

    profile_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scenario_temperatureprofile"


class TemperatureReading(models.Model):
    """The water temperature of one day of a profile, in °C."""

    reading_id = models.BigAutoField(primary_key=True)
    temperature = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    profile = models.ForeignKey("TemperatureProfile", on_delete=models.PROTECT, related_name="+")
    day_number = models.IntegerField()

    class Meta:
        db_table = "scenario_temperaturereading"
        unique_together = [("profile", "day_number")]


class TGCModel(models.Model):
    """A growth model: thermal growth coefficient and exponents for a site and season."""

    model_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    location = models.CharField(max_length=255)
    release_period = models.CharField(max_length=255)
    tgc_value = models.FloatField()
    exponent_n = models.FloatField()
    exponent_m = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    profile = models.ForeignKey("TemperatureProfile", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scenario_tgcmodel"


class TGCModelStage(models.Model):
    """Growth coefficient of a growth model for one stage, not multiplied by 1000."""

    lifecycle_stage = models.CharField(max_length=20)
    tgc_value = models.DecimalField(max_digits=6, decimal_places=4)
    temperature_exponent = models.DecimalField(max_digits=4, decimal_places=2)
    weight_exponent = models.DecimalField(max_digits=4, decimal_places=2)
    tgc_model = models.ForeignKey("TGCModel", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scenario_tgc_model_stage"
        unique_together = [("tgc_model", "lifecycle_stage")]


class FCRModel(models.Model):
    """A feed conversion model."""

    model_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scenario_fcrmodel"


class FCRModelStage(models.Model):
    """Feed conversion ratio of one stage: kg of feed per kg of growth."""

    fcr_value = models.FloatField()
    duration_days = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    model = models.ForeignKey("FCRModel", on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey("LifeCycleStage", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scenario_fcrmodelstage"
        unique_together = [("model", "stage")]


class FCRModelStageOverride(models.Model):
    """Feed conversion ratio for a weight range of a stage."""

    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    fcr_value = models.DecimalField(max_digits=5, decimal_places=3)
    fcr_stage = models.ForeignKey("FCRModelStage", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scenario_fcr_model_stage_override"


class MortalityModel(models.Model):
    """A mortality model; `rate` in percent per day or week, by `frequency`."""

    model_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    frequency = models.CharField(max_length=10)
    rate = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "scenario_mortalitymodel"


class MortalityModelStage(models.Model):
    """Mortality rate of a mortality model for one stage."""

    lifecycle_stage = models.CharField(max_length=20)
    daily_rate_percent = models.DecimalField(max_digits=5, decimal_places=3)
    weekly_rate_percent = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    mortality_model = models.ForeignKey(
        "MortalityModel", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "scenario_mortality_model_stage"
        unique_together = [("mortality_model", "lifecycle_stage")]


class BiologicalConstraints(models.Model):
    """A set of biological limits for projections."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField()
    is_active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "scenario_biological_constraints"


class StageConstraint(models.Model):
    """Limits of one stage in a set of biological constraints."""

    lifecycle_stage = models.CharField(max_length=20)
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    min_temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    max_temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    typical_duration_days = models.IntegerField(null=True, blank=True)
    max_freshwater_weight_g = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    constraint_set = models.ForeignKey(
        "BiologicalConstraints", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "scenario_stage_constraint"
        unique_together = [("constraint_set", "lifecycle_stage")]


class Scenario(models.Model):
    """A projection of a batch, real or imagined, under chosen models."""

    scenario_id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=255)
    start_date = models.DateField()
    duration_days = models.IntegerField()
    initial_count = models.IntegerField()
    genotype = models.CharField(max_length=255)
    supplier = models.CharField(max_length=255)
    initial_weight = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey(
        "Batch", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fcr_model = models.ForeignKey("FCRModel", on_delete=models.PROTECT, related_name="+")
    mortality_model = models.ForeignKey(
        "MortalityModel", on_delete=models.PROTECT, related_name="+"
    )
    tgc_model = models.ForeignKey("TGCModel", on_delete=models.PROTECT, related_name="+")
    biological_constraints = models.ForeignKey(
        "BiologicalConstraints", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "scenario"


class ScenarioModelChange(models.Model):
    """A change of a scenario to other models on one day."""

    change_id = models.BigAutoField(primary_key=True)
    change_day = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    new_fcr_model = models.ForeignKey(
        "FCRModel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    new_mortality_model = models.ForeignKey(
        "MortalityModel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    new_tgc_model = models.ForeignKey(
        "TGCModel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    scenario = models.ForeignKey("Scenario", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scenario_scenariomodelchange"


class ScenarioProjection(models.Model):
    """One projected day of a scenario."""

    projection_id = models.BigAutoField(primary_key=True)
    projection_date = models.DateField()
    day_number = models.IntegerField()
    average_weight = models.FloatField()
    population = models.FloatField()
    biomass = models.FloatField()
    daily_feed = models.FloatField()
    cumulative_feed = models.FloatField()
    temperature = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    current_stage = models.ForeignKey("LifeCycleStage", on_delete=models.PROTECT, related_name="+")
    scenario = models.ForeignKey("Scenario", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scenario_scenarioprojection"
