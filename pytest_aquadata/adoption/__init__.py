"""Append builds: survey of an existing database, matching of its rows, mapping of primary keys."""
