"""Harvest events, graded lots and waste."""

from django.db import models


class ProductGrade(models.Model):
    """A grade of harvested fish."""

    code = models.CharField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "harvest_productgrade"


class HarvestEvent(models.Model):
    """The harvest of the fish of one assignment."""

    event_date = models.DateTimeField()
    dest_subsidiary = models.CharField(max_length=3, null=True, blank=True)
    document_ref = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    dest_geography = models.ForeignKey(
        "Geography", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "harvest_harvestevent"


class HarvestLot(models.Model):
    """Harvested fish of one grade."""

    live_weight_kg = models.DecimalField(max_digits=12, decimal_places=3)
    gutted_weight_kg = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    fillet_weight_kg = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    unit_count = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    event = models.ForeignKey("HarvestEvent", on_delete=models.PROTECT, related_name="+")
    product_grade = models.ForeignKey("ProductGrade", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "harvest_harvestlot"


class HarvestWaste(models.Model):
    """Waste of a harvest, by category."""

    category = models.CharField(max_length=50)
    weight_kg = models.DecimalField(max_digits=12, decimal_places=3)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    event = models.ForeignKey("HarvestEvent", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "harvest_harvestwaste"
