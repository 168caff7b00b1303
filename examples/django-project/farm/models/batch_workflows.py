"""Workflows that create and transfer batches, and their actions."""

from django.conf import settings
from django.db import models


class BatchCreationWorkflow(models.Model):
    """Creation of a batch from one or more deliveries of eggs; costs per thousand eggs."""

    workflow_number = models.CharField(max_length=50, unique=True)
    status = models.CharField(max_length=20)
    egg_source_type = models.CharField(max_length=20)
    external_supplier_batch_number = models.CharField(max_length=100)
    external_cost_per_thousand = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    total_eggs_planned = models.IntegerField()
    total_eggs_received = models.IntegerField()
    total_mortality_on_arrival = models.IntegerField()
    planned_start_date = models.DateField()
    planned_completion_date = models.DateField()
    actual_start_date = models.DateField(null=True, blank=True)
    actual_completion_date = models.DateField(null=True, blank=True)
    total_actions = models.IntegerField()
    actions_completed = models.IntegerField()
    progress_percentage = models.DecimalField(max_digits=5, decimal_places=2)
    cancellation_reason = models.TextField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    egg_production = models.ForeignKey(
        "EggProduction", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    external_supplier = models.ForeignKey(
        "EggSupplier", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "batch_creationworkflow"


class CreationAction(models.Model):
    """One delivery of eggs into one container."""

    action_number = models.IntegerField()
    status = models.CharField(max_length=20)
    egg_count_planned = models.IntegerField()
    egg_count_actual = models.IntegerField(null=True, blank=True)
    mortality_on_arrival = models.IntegerField()
    expected_delivery_date = models.DateField()
    actual_delivery_date = models.DateField(null=True, blank=True)
    delivery_method = models.CharField(max_length=20, null=True, blank=True)
    water_temp_on_arrival = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    egg_quality_score = models.SmallIntegerField(null=True, blank=True)
    execution_duration_minutes = models.IntegerField(null=True, blank=True)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    dest_assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )
    executed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    workflow = models.ForeignKey(
        "BatchCreationWorkflow", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "batch_creationaction"
        unique_together = [("workflow", "action_number")]


class BatchTransferWorkflow(models.Model):
    """A transfer of a batch between containers, usually into the next stage."""

    workflow_number = models.CharField(max_length=50, unique=True)
    workflow_type = models.CharField(max_length=30)
    status = models.CharField(max_length=20)
    planned_start_date = models.DateField()
    planned_completion_date = models.DateField(null=True, blank=True)
    actual_start_date = models.DateField(null=True, blank=True)
    actual_completion_date = models.DateField(null=True, blank=True)
    total_source_count = models.IntegerField()
    total_transferred_count = models.IntegerField()
    total_mortality_count = models.IntegerField()
    total_biomass_kg = models.DecimalField(max_digits=12, decimal_places=2)
    total_actions_planned = models.IntegerField()
    actions_completed = models.IntegerField()
    completion_percentage = models.DecimalField(max_digits=5, decimal_places=2)
    is_intercompany = models.BooleanField()
    source_subsidiary = models.CharField(max_length=20, null=True, blank=True)
    dest_subsidiary = models.CharField(max_length=20, null=True, blank=True)
    notes = models.TextField()
    cancellation_reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, related_name="+")
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dest_lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    finance_transaction = models.ForeignKey(
        "IntercompanyTransaction", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    initiated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    source_lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "batch_batchtransferworkflow"


class TransferAction(models.Model):
    """Fish moved from one container to another within a transfer workflow."""

    action_number = models.IntegerField()
    source_population_before = models.IntegerField()
    transferred_count = models.IntegerField()
    mortality_during_transfer = models.IntegerField()
    transferred_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.CharField(max_length=20)
    planned_date = models.DateField(null=True, blank=True)
    actual_execution_date = models.DateField(null=True, blank=True)
    transfer_method = models.CharField(max_length=20, null=True, blank=True)
    water_temp_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    oxygen_level = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    execution_duration_minutes = models.IntegerField(null=True, blank=True)
    notes = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    dest_assignment = models.ForeignKey(
        "BatchContainerAssignment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    executed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source_assignment = models.ForeignKey(
        "BatchContainerAssignment", on_delete=models.PROTECT, related_name="+"
    )
    workflow = models.ForeignKey(
        "BatchTransferWorkflow", on_delete=models.PROTECT, related_name="+"
    )
    measured_avg_weight_g = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    measured_std_dev_weight_g = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    measured_sample_size = models.IntegerField(null=True, blank=True)
    measured_avg_length_cm = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    measured_notes = models.TextField()
    selection_method = models.CharField(max_length=16)

    class Meta:
        db_table = "batch_transferaction"
        unique_together = [("workflow", "action_number")]
