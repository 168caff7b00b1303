"""Batches: species, stages, assignments to containers, mortality and growth."""

from django.db import models


class Species(models.Model):
    """A species of fish and the water it likes best."""

    name = models.CharField(max_length=100, unique=True)
    scientific_name = models.CharField(max_length=200, unique=True)
    description = models.TextField()
    optimal_temperature_min = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    optimal_temperature_max = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    optimal_oxygen_min = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    optimal_ph_min = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    optimal_ph_max = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "batch_species"


class LifeCycleStage(models.Model):
    """A lifecycle stage, identified by its order within the species: 1 egg and alevin, 6 adult."""

    name = models.CharField(max_length=100, unique=True)
    order = models.SmallIntegerField()
    description = models.TextField()
    expected_weight_min_g = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    expected_weight_max_g = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    expected_length_min_cm = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    expected_length_max_cm = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    species = models.ForeignKey("Species", on_delete=models.PROTECT, related_name="+")
    typical_duration_days = models.IntegerField(null=True, blank=True)

    class Meta:
        db_table = "batch_lifecyclestage"
        unique_together = [("species", "order")]


class Batch(models.Model):
    """A batch: fish of one origin and start date, from egg to harvest."""

    batch_number = models.CharField(max_length=50, unique=True)
    status = models.CharField(max_length=20)
    start_date = models.DateField()
    expected_end_date = models.DateField(null=True, blank=True)
    actual_end_date = models.DateField(null=True, blank=True)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", on_delete=models.PROTECT, related_name="+"
    )
    species = models.ForeignKey("Species", on_delete=models.PROTECT, related_name="+")
    batch_type = models.CharField(max_length=20)
    pinned_scenario = models.ForeignKey(
        "Scenario", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "batch_batch"


class BatchComposition(models.Model):
    """The share of a source batch in a mixed batch, in percent."""

    percentage = models.DecimalField(max_digits=5, decimal_places=2)
    population_count = models.IntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
    mixed_batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    source_batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "batch_batchcomposition"


class BatchContainerAssignment(models.Model):
    """The book of a batch's fish in one container, from arrival to departure."""

    population_count = models.IntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    assignment_date = models.DateField()
    is_active = models.BooleanField()
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    container = models.ForeignKey("Container", on_delete=models.PROTECT, related_name="+")
    lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", on_delete=models.PROTECT, related_name="+"
    )
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    departure_date = models.DateField(null=True, blank=True)
    last_weighing_date = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "batch_batchcontainerassignment"


class MortalityEvent(models.Model):
    """Fish of a batch that died on one day in one container, with the cause."""

    event_date = models.DateField()
    count = models.IntegerField()
    biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    cause = models.CharField(max_length=20)
    description = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "batch_mortalityevent"


class GrowthSample(models.Model):
    """Fish weighed and measured from one container on one day, as averages."""

    sample_date = models.DateField()
    sample_size = models.IntegerField()
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    avg_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_deviation_weight = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    std_deviation_length = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    condition_factor = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "batch_growthsample"


class IndividualGrowthObservation(models.Model):
    """One fish of a growth sample."""

    fish_identifier = models.CharField(max_length=50)
    weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    length_cm = models.DecimalField(max_digits=10, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    growth_sample = models.ForeignKey("GrowthSample", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "batch_individualgrowthobservation"
        unique_together = [("growth_sample", "fish_identifier")]


class ActualDailyAssignmentState(models.Model):
    """The growth analysis of one assignment on one day: weight, number, biomass, feed."""

    date = models.DateField()
    day_number = models.IntegerField()
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2)
    population = models.IntegerField()
    biomass_kg = models.DecimalField(max_digits=12, decimal_places=2)
    temp_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    mortality_count = models.IntegerField()
    feed_kg = models.DecimalField(max_digits=10, decimal_places=2)
    observed_fcr = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    anchor_type = models.CharField(max_length=20, null=True, blank=True)
    sources = models.JSONField()
    confidence_scores = models.JSONField()
    last_computed_at = models.DateTimeField()
    assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    container = models.ForeignKey("Container", on_delete=models.PROTECT, related_name="+")
    lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "batch_actualdailyassignmentstate"
        unique_together = [("assignment", "date")]
