"""Feed types, purchases, stock, feeding events and summaries."""

from django.conf import settings
from django.db import models


class Feed(models.Model):
    """A feed product with pellet size and composition."""

    name = models.CharField(max_length=100)
    brand = models.CharField(max_length=100)
    size_category = models.CharField(max_length=20)
    pellet_size_mm = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    protein_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    fat_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    carbohydrate_percentage = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    description = models.TextField()
    is_active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "inventory_feed"


class FeedPurchase(models.Model):
    """A delivery of feed at one price per kg."""

    purchase_date = models.DateField()
    quantity_kg = models.DecimalField(max_digits=10, decimal_places=2)
    cost_per_kg = models.DecimalField(max_digits=10, decimal_places=2)
    supplier = models.CharField(max_length=100)
    batch_number = models.CharField(max_length=100)
    expiry_date = models.DateField(null=True, blank=True)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    feed = models.ForeignKey("Feed", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "inventory_feedpurchase"


class FeedContainerStock(models.Model):
    """Remaining feed of one purchase in a feed container."""

    quantity_kg = models.DecimalField(max_digits=10, decimal_places=2)
    entry_date = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    feed_container = models.ForeignKey("FeedContainer", on_delete=models.PROTECT, related_name="+")
    feed_purchase = models.ForeignKey("FeedPurchase", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "inventory_feedcontainerstock"


class FeedingEvent(models.Model):
    """A meal given to the fish in one container."""

    feeding_date = models.DateField()
    feeding_time = models.TimeField()
    amount_kg = models.DecimalField(max_digits=10, decimal_places=4)
    batch_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    feeding_percentage = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    method = models.CharField(max_length=20)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    batch_assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    container = models.ForeignKey("Container", on_delete=models.PROTECT, related_name="+")
    feed = models.ForeignKey("Feed", on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    feed_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        db_table = "inventory_feedingevent"


class BatchFeedingSummary(models.Model):
    """Feed, growth and feed conversion of a batch over a period."""

    period_start = models.DateField()
    period_end = models.DateField()
    total_feed_kg = models.DecimalField(max_digits=10, decimal_places=2)
    average_feeding_percentage = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    total_feed_consumed_kg = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    total_biomass_gain_kg = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    fcr = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    estimation_method = models.CharField(max_length=20, null=True, blank=True)
    container_count = models.IntegerField()
    overall_confidence_level = models.CharField(max_length=20)
    total_ending_biomass_kg = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    total_growth_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    total_starting_biomass_kg = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    weighted_avg_fcr = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    average_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        db_table = "inventory_batchfeedingsummary"
        unique_together = [("batch", "period_start", "period_end")]


class ContainerFeedingSummary(models.Model):
    """Feed, growth and feed conversion of one assignment over a period."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    period_start = models.DateField()
    period_end = models.DateField()
    total_feed_kg = models.DecimalField(max_digits=10, decimal_places=2)
    starting_biomass_kg = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    ending_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    growth_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    fcr = models.DecimalField(max_digits=5, decimal_places=3, null=True, blank=True)
    confidence_level = models.CharField(max_length=20)
    estimation_method = models.CharField(max_length=20, null=True, blank=True)
    data_points = models.IntegerField()
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    container_assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "inventory_containerfeedingsummary"
        unique_together = [("container_assignment", "period_start", "period_end")]
