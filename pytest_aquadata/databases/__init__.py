"""Bulk loading of columns, one fast way a database."""
