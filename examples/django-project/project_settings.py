"""Settings of Django."""

SECRET_KEY = "only for the example"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "farm"]
ROOT_URLCONF = "farm.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "farm.db",
        "TEST": {"NAME": "test_farm.db"},  # in memory, only Django could fill it
    }
}
