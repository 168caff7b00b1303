"""Companies, transactions between them, and their export to the ledger."""

from django.conf import settings
from django.db import models


class DimCompany(models.Model):
    """A company of the ledger: one subsidiary in one geography."""

    company_id = models.BigAutoField(primary_key=True)
    subsidiary = models.CharField(max_length=3)
    display_name = models.CharField(max_length=150)
    currency = models.CharField(max_length=3, null=True, blank=True)
    nav_company_code = models.CharField(max_length=50, null=True, blank=True)
    geography = models.ForeignKey("Geography", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "finance_dimcompany"
        unique_together = [("geography", "subsidiary")]


class DimSite(models.Model):
    """A site of the ledger: a station or sea area, by table and primary key without foreign key."""

    site_id = models.BigAutoField(primary_key=True)
    source_model = models.CharField(max_length=16)
    source_pk = models.IntegerField()
    site_name = models.CharField(max_length=150)
    company = models.ForeignKey("DimCompany", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "finance_dimsite"
        unique_together = [("source_model", "source_pk")]


class FactHarvest(models.Model):
    """A harvest lot in the ledger, by company and site."""

    fact_id = models.BigAutoField(primary_key=True)
    event_date = models.DateTimeField()
    quantity_kg = models.DecimalField(max_digits=12, decimal_places=3)
    unit_count = models.IntegerField()
    dim_batch_id = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    dim_company = models.ForeignKey("DimCompany", on_delete=models.PROTECT, related_name="+")
    dim_site = models.ForeignKey("DimSite", on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey("HarvestEvent", on_delete=models.PROTECT, related_name="+")
    lot = models.OneToOneField("HarvestLot", on_delete=models.PROTECT, related_name="+")
    product_grade = models.ForeignKey("ProductGrade", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "finance_factharvest"


class IntercompanyPolicy(models.Model):
    """Price policy between two companies, per grade or per lifecycle stage."""

    policy_id = models.BigAutoField(primary_key=True)
    method = models.CharField(max_length=20)
    markup_percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    from_company = models.ForeignKey("DimCompany", on_delete=models.PROTECT, related_name="+")
    product_grade = models.ForeignKey(
        "ProductGrade", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    to_company = models.ForeignKey("DimCompany", on_delete=models.PROTECT, related_name="+")
    pricing_basis = models.CharField(max_length=20)
    lifecycle_stage = models.ForeignKey(
        "LifeCycleStage", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    price_per_kg = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    price_per_thousand_eggs = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )

    class Meta:
        db_table = "finance_intercompanypolicy"


class IntercompanyTransaction(models.Model):
    """A transaction between two companies for transferred or harvested fish."""

    tx_id = models.BigAutoField(primary_key=True)
    posting_date = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, null=True, blank=True)
    state = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    event = models.ForeignKey(
        "HarvestEvent", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    policy = models.ForeignKey("IntercompanyPolicy", on_delete=models.PROTECT, related_name="+")
    content_type = models.ForeignKey(
        "contenttypes.ContentType", on_delete=models.PROTECT, related_name="+"
    )
    object_id = models.IntegerField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approval_date = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "finance_intercompanytransaction"
        unique_together = [("content_type", "object_id", "policy")]


class NavExportBatch(models.Model):
    """Transactions of one company and period, exported together to the NAV ledger."""

    batch_id = models.BigAutoField(primary_key=True)
    date_from = models.DateField()
    date_to = models.DateField()
    posting_date = models.DateField()
    currency = models.CharField(max_length=3, null=True, blank=True)
    state = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    company = models.ForeignKey("DimCompany", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "finance_navexportbatch"
        unique_together = [("company", "date_from", "date_to")]


class NavExportLine(models.Model):
    """A ledger line of an export."""

    line_id = models.BigAutoField(primary_key=True)
    document_no = models.CharField(max_length=32)
    account_no = models.CharField(max_length=50)
    balancing_account_no = models.CharField(max_length=50)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    description = models.CharField(max_length=255)
    batch_id_int = models.IntegerField()
    batch = models.ForeignKey("NavExportBatch", on_delete=models.PROTECT, related_name="+")
    dim_company = models.ForeignKey("DimCompany", on_delete=models.PROTECT, related_name="+")
    dim_site = models.ForeignKey("DimSite", on_delete=models.PROTECT, related_name="+")
    product_grade = models.ForeignKey("ProductGrade", on_delete=models.PROTECT, related_name="+")
    transaction = models.ForeignKey(
        "IntercompanyTransaction", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "finance_navexportline"
        unique_together = [("batch", "document_no")]
