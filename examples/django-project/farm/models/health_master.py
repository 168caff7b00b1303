"""Reference data of fish health: scored parameters, lice and sample types, reasons, vaccines."""

from django.db import models


class HealthParameter(models.Model):
    """A welfare indicator that is scored on fish, such as gills or fins."""

    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    description = models.TextField(null=True, blank=True)
    max_score = models.IntegerField()
    min_score = models.IntegerField()

    class Meta:
        db_table = "health_healthparameter"


class ParameterScoreDefinition(models.Model):
    """Definition of one score of a health parameter."""

    score_value = models.IntegerField()
    label = models.CharField(max_length=50)
    description = models.TextField()
    display_order = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    parameter = models.ForeignKey("HealthParameter", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "health_parameterscoredefinition"
        unique_together = [("parameter", "score_value")]


class LiceType(models.Model):
    """A category of sea lice: species, sex and development stage."""

    species = models.CharField(max_length=100)
    gender = models.CharField(max_length=20)
    development_stage = models.CharField(max_length=50)
    description = models.TextField()
    is_active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "health_licetype"
        unique_together = [("species", "gender", "development_stage")]


class MortalityReason(models.Model):
    """A cause of mortality."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField()

    class Meta:
        db_table = "health_mortalityreason"


class SampleType(models.Model):
    """A type of laboratory sample, such as blood or gill tissue."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField()

    class Meta:
        db_table = "health_sampletype"


class VaccinationType(models.Model):
    """A vaccine with manufacturer and dosage."""

    name = models.CharField(max_length=100, unique=True)
    manufacturer = models.CharField(max_length=100)
    dosage = models.CharField(max_length=100)
    description = models.TextField()

    class Meta:
        db_table = "health_vaccinationtype"
