"""Health records: journal, samplings, lice counts, treatments, mortality, lab samples."""

from django.conf import settings
from django.db import models


class JournalEntry(models.Model):
    """An entry in the health journal of a batch."""

    entry_date = models.DateTimeField()
    category = models.CharField(max_length=20)
    severity = models.CharField(max_length=10, null=True, blank=True)
    description = models.TextField()
    resolution_status = models.BooleanField()
    resolution_notes = models.TextField()
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    container = models.ForeignKey(
        "Container", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "health_journalentry"


class HealthSamplingEvent(models.Model):
    """A vet's examination of fish from one assignment, with its averages."""

    sampling_date = models.DateField()
    number_of_fish_sampled = models.IntegerField()
    notes = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )
    sampled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    avg_k_factor = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    avg_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    avg_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    calculated_sample_size = models.IntegerField(null=True, blank=True)
    max_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    max_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    min_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    min_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_dev_length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    std_dev_weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        db_table = "health_healthsamplingevent"


class IndividualFishObservation(models.Model):
    """A fish of a health sampling."""

    fish_identifier = models.CharField(max_length=50)
    length_cm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    weight_g = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    sampling_event = models.ForeignKey(
        "HealthSamplingEvent", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "health_individualfishobservation"
        unique_together = [("sampling_event", "fish_identifier")]


class FishParameterScore(models.Model):
    """The score of a fish for one health parameter, from 0 (best) to 3."""

    score = models.SmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    individual_fish_observation = models.ForeignKey(
        "IndividualFishObservation", on_delete=models.PROTECT, related_name="+"
    )
    parameter = models.ForeignKey("HealthParameter", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "health_fishparameterscore"
        unique_together = [("individual_fish_observation", "parameter")]


class LiceCount(models.Model):
    """Lice of one type counted on sampled fish of one container."""

    count_date = models.DateTimeField()
    adult_female_count = models.IntegerField()
    adult_male_count = models.IntegerField()
    juvenile_count = models.IntegerField()
    fish_sampled = models.IntegerField()
    notes = models.TextField()
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    container = models.ForeignKey(
        "Container", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confidence_level = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    count_value = models.IntegerField(null=True, blank=True)
    detection_method = models.CharField(max_length=50, null=True, blank=True)
    lice_type = models.ForeignKey(
        "LiceType", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "health_licecount"


class MortalityRecord(models.Model):
    """Dead fish with the mortality reason recorded by the health team."""

    event_date = models.DateTimeField()
    count = models.IntegerField()
    notes = models.TextField()
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    container = models.ForeignKey(
        "Container", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.ForeignKey("MortalityReason", on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "health_mortalityrecord"


class Treatment(models.Model):
    """A treatment of the fish in one container, such as a vaccination or delousing."""

    treatment_date = models.DateTimeField()
    treatment_type = models.CharField(max_length=20)
    description = models.TextField()
    dosage = models.CharField(max_length=100)
    duration_days = models.IntegerField()
    withholding_period_days = models.IntegerField()
    outcome = models.CharField(max_length=20)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    batch_assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    container = models.ForeignKey(
        "Container", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    vaccination_type = models.ForeignKey(
        "VaccinationType", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    includes_weighing = models.BooleanField()
    sampling_event = models.ForeignKey(
        "HealthSamplingEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    journal_entry = models.ForeignKey(
        "JournalEntry", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "health_treatment"


class HealthLabSample(models.Model):
    """A sample sent to a laboratory, and its results."""

    sample_date = models.DateField()
    date_sent_to_lab = models.DateField(null=True, blank=True)
    date_results_received = models.DateField(null=True, blank=True)
    lab_reference_id = models.CharField(max_length=100, null=True, blank=True)
    findings_summary = models.TextField(null=True, blank=True)
    quantitative_results = models.JSONField(null=True, blank=True)
    attachment = models.CharField(max_length=100, null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch_container_assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sample_type = models.ForeignKey("SampleType", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "health_healthlabsample"
