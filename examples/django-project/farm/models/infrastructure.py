"""Infrastructure: geographies, stations, halls, sea areas, containers, feed containers, sensors."""

from django.db import models


class Geography(models.Model):
    """A country or region."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "infrastructure_geography"


class Area(models.Model):
    """A sea area, in which rings are moored."""

    name = models.CharField(max_length=100)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    max_biomass = models.DecimalField(max_digits=12, decimal_places=2)
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    geography = models.ForeignKey("Geography", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "infrastructure_area"


class FreshwaterStation(models.Model):
    """A station on land, with halls of tanks."""

    name = models.CharField(max_length=100)
    station_type = models.CharField(max_length=20)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    description = models.TextField()
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    geography = models.ForeignKey("Geography", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "infrastructure_freshwaterstation"


class Hall(models.Model):
    """A hall of a freshwater station, for one stage; `area_sqm` in m²."""

    name = models.CharField(max_length=100)
    description = models.TextField()
    area_sqm = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    freshwater_station = models.ForeignKey(
        "FreshwaterStation", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "infrastructure_hall"


class ContainerType(models.Model):
    """A type of container: tray, tank or pen."""

    name = models.CharField(max_length=100)
    category = models.CharField(max_length=20)
    max_volume_m3 = models.DecimalField(max_digits=10, decimal_places=2)
    description = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "infrastructure_containertype"


class Container(models.Model):
    """A tray, tank or ring for fish, in a hall or in a sea area."""

    name = models.CharField(max_length=100)
    volume_m3 = models.DecimalField(max_digits=10, decimal_places=2)
    max_biomass_kg = models.DecimalField(max_digits=10, decimal_places=2)
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    area = models.ForeignKey(
        "Area", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    container_type = models.ForeignKey("ContainerType", on_delete=models.PROTECT, related_name="+")
    hall = models.ForeignKey(
        "Hall", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    feed_recommendations_enabled = models.BooleanField()

    class Meta:
        db_table = "infrastructure_container"


class FeedContainer(models.Model):
    """A feed silo of a hall or feed barge of a sea area."""

    name = models.CharField(max_length=100)
    container_type = models.CharField(max_length=20)
    capacity_kg = models.DecimalField(max_digits=10, decimal_places=2)
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    area = models.ForeignKey(
        "Area", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    hall = models.ForeignKey(
        "Hall", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "infrastructure_feedcontainer"


class Sensor(models.Model):
    """A sensor in a container."""

    name = models.CharField(max_length=100)
    sensor_type = models.CharField(max_length=20)
    serial_number = models.CharField(max_length=100)
    manufacturer = models.CharField(max_length=100)
    installation_date = models.DateField(null=True, blank=True)
    last_calibration_date = models.DateField(null=True, blank=True)
    active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    container = models.ForeignKey("Container", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "infrastructure_sensor"
