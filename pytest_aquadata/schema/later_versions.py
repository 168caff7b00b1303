"""What AquaMind's later versions hold otherwise than 6.1, as far as it is read and written here.

Projections belong to a run of their scenario there, and a batch is pinned to one of its runs.
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
"""The runs, one or more a scenario; no part of our own tables."""

REPLACED_REFERENCES: Mapping[str, tuple[str, str]] = {
    "batch_batch": ("pinned_scenario_id", "pinned_projection_run_id"),
    "scenario_scenarioprojection": ("scenario_id", "projection_run_id"),
}
"""A reference to a scenario of version 6.1, and that to a run in its place, by table."""


PROJECTIONS = sa.table(
    "scenario_scenarioprojection",
    sa.column("projection_id", sa.BigInteger()),
    sa.column("projection_date", sa.Date()),
    sa.column("day_number", sa.Integer()),
    sa.column("projection_run_id", sa.BigInteger()),
)
BATCHES = sa.table(
    "batch_batch",
    sa.column("id", sa.BigInteger()),
    sa.column("pinned_projection_run_id", sa.BigInteger()),
)
"""What of these tables has to do with runs."""
