"""Differences of later AquaMind versions from 6.1: projection runs.

In later versions, projections belong to a run of their scenario, and a batch is pinned to a run
instead of a scenario.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from .types import Instant, Json

PROJECTION_RUNS = sa.Table(
    "scenario_projection_run",
    sa.MetaData(),
    sa.Column("run_id", sa.BigInteger(), primary_key=True),
    sa.Column("run_date", Instant(), nullable=False),
    sa.Column("run_number", sa.Integer(), nullable=False),
    sa.Column("label", sa.String(100), nullable=False),
    sa.Column("parameters_snapshot", Json, nullable=False),
    sa.Column("notes", sa.Text(), nullable=False),
    sa.Column("total_projections", sa.Integer(), nullable=False),
    sa.Column("final_weight_g", sa.Double()),
    sa.Column("final_biomass_kg", sa.Double()),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("updated_at", Instant(), nullable=False),
    sa.Column("created_by_id", sa.Integer()),
    sa.Column("scenario_id", sa.BigInteger(), nullable=False),
)
"""Projection runs, one or more a scenario; not part of version 6.1."""

REPLACED_REFERENCES: Mapping[str, tuple[str, str]] = {
    "batch_batch": ("pinned_scenario_id", "pinned_projection_run_id"),
    "scenario_scenarioprojection": ("scenario_id", "projection_run_id"),
}
"""Foreign key to a scenario in 6.1, and the one to a run that replaces it, by table."""


PROJECTIONS = sa.table(
    "scenario_scenarioprojection",
    sa.column("projection_id", sa.BigInteger()),
    sa.column("projection_date", sa.Date()),
    sa.column("day_number", sa.Integer()),
    sa.column("projection_run_id", sa.BigInteger()),
)
"""The columns of projections that are used together with runs."""

BATCHES = sa.table(
    "batch_batch",
    sa.column("id", sa.BigInteger()),
    sa.column("pinned_projection_run_id", sa.BigInteger()),
)
"""The columns of `batch_batch` that are used together with runs."""
