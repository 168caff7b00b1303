"""Hard checks of references: foreign keys, and references without a foreign key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ...schema import (
    TABLES,
    Area,
    Batch,
    BatchTransferWorkflow,
    ContentType,
    DimSite,
    FactHarvest,
    FreshwaterStation,
    HarvestEvent,
    IntercompanyTransaction,
)
from ..context import CheckContext, Query
from ..model import Check, Finding
from .query import NONE_OFFENDS, hard, offenders

_SUBJECT = "references"


def orphans(keys: Iterable[sa.ForeignKey]) -> Query:
    """Select values of foreign keys without a row in the parent table."""
    return sa.select(sa.union_all(*map(_orphans_of, keys)).subquery())


def _orphans_of(key: sa.ForeignKey) -> Query:
    """Select distinct values of one key without parent; with an index, no table is scanned."""
    column, parent = key.parent, key.column.table.alias("parent")
    values = (
        sa.select(column.label("key")).where(column.is_not(None)).distinct().subquery("key_values")
    )
    match = sa.select(parent.c[key.column.name]).where(parent.c[key.column.name] == values.c.key)
    return sa.select(
        sa.literal(column.table.name).label("in_table"),
        sa.literal(column.name).label("in_column"),
        values.c.key.label("missing"),
    ).where(~match.exists())


def _orphans_of_present(
    of_all: Callable[[], Query], context: CheckContext, *, keys: Sequence[sa.ForeignKey]
) -> Finding:
    """Find orphans of the keys that the database has; later versions of AquaMind dropped some."""
    present = [key for key in keys if context.has_column(key.parent)]
    return offenders(of_all if len(present) == len(keys) else partial(orphans, present), context)


def _app(table: sa.Table) -> str:
    """Return the Django app of a table; `users` for the tables of Django itself."""
    app = table.name.partition("_")[0]
    return "users" if app in ("auth", "django") else app


def _orphan_checks() -> tuple[Check, ...]:
    tables = sorted(TABLES.values(), key=lambda table: (_app(table), table.name))
    checks = []
    for app, members in groupby(tables, key=_app):
        columns = [column for table in members for column in table.columns]
        keys = [key for column in columns for key in column.foreign_keys]
        if keys:
            checks.append(
                Check(
                    f"no-orphans-in-{app}",
                    _SUBJECT,
                    f"Every foreign key of the {app} tables has a row in its parent table.",
                    "hard",
                    NONE_OFFENDS,
                    partial(_orphans_of_present, cache(partial(orphans, keys)), keys=keys),
                )
            )
    return tuple(checks)


def transactions_without_object() -> Query:
    """Select transactions about a transfer or a harvest that does not exist."""
    transaction = IntercompanyTransaction

    def missing(
        model: str, table: type[BatchTransferWorkflow] | type[HarvestEvent]
    ) -> sa.ColumnElement[bool]:
        match = sa.select(table.id).where(table.id == transaction.object_id)
        return sa.and_(ContentType.model == model, ~match.exists())

    return (
        sa.select(transaction.tx_id.label("transaction"), ContentType.model, transaction.object_id)
        .join_from(transaction, ContentType, ContentType.id == transaction.content_type_id)
        .where(
            sa.or_(
                missing("batchtransferworkflow", BatchTransferWorkflow),
                missing("harvestevent", HarvestEvent),
                sa.and_(
                    ContentType.model == "harvestevent",
                    transaction.event_id != transaction.object_id,
                ),
            )
        )
    )


def workflows_of_other_transactions() -> Query:
    """Select transfer workflows whose transaction is about something else."""
    flow, transaction = BatchTransferWorkflow, IntercompanyTransaction
    return (
        sa.select(
            flow.workflow_number,
            transaction.tx_id.label("transaction"),
            ContentType.model,
            transaction.object_id,
        )
        .join_from(flow, transaction, transaction.tx_id == flow.finance_transaction_id)
        .join(ContentType, ContentType.id == transaction.content_type_id)
        .where(
            sa.or_(ContentType.model != "batchtransferworkflow", transaction.object_id != flow.id)
        )
    )


def sites_without_place() -> Query:
    """Select sites of companies whose station or area does not exist."""
    station, area = aliased(FreshwaterStation), aliased(Area)
    site = DimSite
    return (
        sa.select(site.site_id, site.source_model, site.source_pk, site.site_name)
        .outerjoin(station, sa.and_(site.source_model == "station", station.id == site.source_pk))
        .outerjoin(area, sa.and_(site.source_model == "area", area.id == site.source_pk))
        .where(sa.and_(station.id.is_(None), area.id.is_(None)))
    )


def facts_of_other_batches() -> Query:
    """Select booked harvests whose batch does not exist or is not that of their harvest event."""
    fact = FactHarvest
    return (
        sa.select(fact.fact_id.label("fact"), fact.dim_batch_id, HarvestEvent.batch_id)
        .join_from(fact, HarvestEvent, HarvestEvent.id == fact.event_id)
        .outerjoin(Batch, Batch.id == fact.dim_batch_id)
        .where(sa.or_(Batch.id.is_(None), fact.dim_batch_id != HarvestEvent.batch_id))
    )


CHECKS = (
    *_orphan_checks(),
    hard(
        _SUBJECT,
        "transactions-name-their-object",
        "A transaction is about an existing transfer workflow or harvest event.",
        transactions_without_object,
    ),
    hard(
        _SUBJECT,
        "workflows-name-their-transaction",
        "The transaction of a transfer workflow is about that workflow.",
        workflows_of_other_transactions,
    ),
    hard(
        _SUBJECT,
        "sites-name-their-place",
        "A company's site is an existing station or area.",
        sites_without_place,
    ),
    hard(
        _SUBJECT,
        "booked-harvests-name-their-batch",
        "A booked harvest has the batch of its harvest event.",
        facts_of_other_batches,
    ),
)
