"""Sensor readings, weather and daylight."""

from django.conf import settings
from django.db import models


class EnvironmentalParameter(models.Model):
    """An environmental parameter with its unit, acceptable range and optimal range."""

    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=20)
    description = models.TextField()
    min_value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    max_value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    optimal_min = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    optimal_max = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "environmental_environmentalparameter"


class EnvironmentalReading(models.Model):
    """A reading of a parameter by a sensor or by hand, in the unit of the parameter."""

    value = models.DecimalField(max_digits=10, decimal_places=4)
    reading_time = models.DateTimeField()
    is_manual = models.BooleanField()
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    batch = models.ForeignKey(
        "Batch", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    container = models.ForeignKey(
        "Container", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    parameter = models.ForeignKey(
        "EnvironmentalParameter", on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sensor = models.ForeignKey(
        "Sensor", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    batch_container_assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        db_table = "environmental_environmentalreading"


class PhotoperiodData(models.Model):
    """Hours of daylight in a sea area on one day."""

    date = models.DateField()
    day_length_hours = models.DecimalField(max_digits=5, decimal_places=2)
    light_intensity = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    is_interpolated = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    area = models.ForeignKey("Area", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "environmental_photoperioddata"
        unique_together = [("area", "date")]


class WeatherData(models.Model):
    """The weather over a sea area at one hour."""

    timestamp = models.DateTimeField()
    temperature = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_speed = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    wind_direction = models.IntegerField(null=True, blank=True)
    precipitation = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    wave_height = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wave_period = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wave_direction = models.IntegerField(null=True, blank=True)
    cloud_cover = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    area = models.ForeignKey("Area", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "environmental_weatherdata"


class StageTransitionEnvironmental(models.Model):
    """The water in which a transfer workflow moved its fish."""

    temperature = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    oxygen = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    salinity = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    ph = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    additional_parameters = models.JSONField(null=True, blank=True)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch_transfer_workflow = models.ForeignKey(
        "BatchTransferWorkflow", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "environmental_stagetransitionenvironmental"
