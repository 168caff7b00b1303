"""Egg suppliers and egg production."""

from django.db import models


class EggSupplier(models.Model):
    """A supplier of eggs."""

    name = models.CharField(max_length=100, unique=True)
    contact_details = models.TextField()
    certifications = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "broodstock_eggsupplier"


class EggProduction(models.Model):
    """A lot of eggs, from own broodstock or bought."""

    egg_batch_id = models.CharField(max_length=50, unique=True)
    egg_count = models.IntegerField()
    production_date = models.DateTimeField()
    source_type = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    destination_station = models.ForeignKey(
        "FreshwaterStation", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    pair_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "broodstock_eggproduction"
