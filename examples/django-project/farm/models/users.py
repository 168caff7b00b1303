"""Users, their profiles, and Django's content types."""

from django.conf import settings
from django.db import models


class UserProfile(models.Model):
    """Role, workplace and preferences of a user."""

    profile_picture = models.CharField(max_length=100, null=True, blank=True)
    job_title = models.CharField(max_length=100, null=True, blank=True)
    department = models.CharField(max_length=100, null=True, blank=True)
    language_preference = models.CharField(max_length=5)
    date_format_preference = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    full_name = models.CharField(max_length=150)
    geography = models.CharField(max_length=3)
    phone = models.CharField(max_length=20, null=True, blank=True)
    role = models.CharField(max_length=5)
    subsidiary = models.CharField(max_length=3)

    class Meta:
        db_table = "users_userprofile"
