"""Rows of a farm's master data and infrastructure, entered before the first batch starts."""
