"""What companies owe each other for the fish they hand over."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    BatchTransferWorkflow,
    ContentType,
    DimCompany,
    HarvestLot,
    IntercompanyPolicy,
    IntercompanyTransaction,
)
from ..context import Query
from .flows import DONE
from .query import differ, hard

_SUBJECT = "finance"
_CENT = 0.01


def intercompany_transfers() -> Query:
    """Transfers between companies that are not to another company, or the other way round."""
    flow = BatchTransferWorkflow
    hands_over = sa.and_(
        flow.source_subsidiary.is_not(None),
        flow.dest_subsidiary.is_not(None),
        flow.source_subsidiary != flow.dest_subsidiary,
    )
    return sa.select(
        flow.workflow_number, flow.is_intercompany, flow.source_subsidiary, flow.dest_subsidiary
    ).where(
        sa.or_(
            sa.and_(flow.is_intercompany, ~hands_over),
            sa.and_(~flow.is_intercompany, hands_over),
        )
    )


def unbooked_transfers() -> Query:
    """Transfers to another company without a transaction, where any has one."""
    flow, transaction = BatchTransferWorkflow, IntercompanyTransaction

    def booked(*which: sa.ColumnElement[bool]) -> sa.Exists:
        return (
            sa.select(transaction.tx_id)
            .join(ContentType, ContentType.id == transaction.content_type_id)
            .where(ContentType.model == "batchtransferworkflow", *which)
            .exists()
        )

    return sa.select(flow.workflow_number, flow.actual_completion_date).where(
        flow.is_intercompany,
        flow.status == DONE,
        booked(),
        ~booked(transaction.object_id == flow.id),
    )


def currencies() -> Query:
    """Transactions in another currency than that of the company that sells."""
    transaction, policy = IntercompanyTransaction, IntercompanyPolicy
    return (
        sa.select(
            transaction.tx_id.label("transaction"),
            transaction.currency,
            DimCompany.display_name.label("seller"),
            DimCompany.currency.label("seller_currency"),
        )
        .join_from(transaction, policy, policy.policy_id == transaction.policy_id)
        .join(DimCompany, DimCompany.company_id == policy.from_company_id)
        .where(transaction.currency != DimCompany.currency)
    )


def prices() -> Query:
    """Transactions of another amount than their fish at the price of their policy.

    Fish put to sea are paid for by live weight, harvested fish by grade and gutted weight.
    """
    transaction, policy = IntercompanyTransaction, IntercompanyPolicy
    sold = sa.union_all(_put_to_sea(), _harvested()).subquery("sold")
    expected = sold.c.kg * policy.price_per_kg
    return (
        sa.select(
            transaction.tx_id.label("transaction"),
            sold.c.kg,
            policy.price_per_kg,
            transaction.amount,
            expected.label("expected"),
        )
        .join_from(transaction, policy, policy.policy_id == transaction.policy_id)
        .join(sold, sold.c.tx_id == transaction.tx_id)
        .where(policy.method == "standard", differ(transaction.amount, expected, _CENT))
    )


def _put_to_sea() -> Query:
    transaction, flow = IntercompanyTransaction, BatchTransferWorkflow
    return sa.select(transaction.tx_id, flow.total_biomass_kg.label("kg")).join_from(
        transaction, flow, flow.finance_transaction_id == transaction.tx_id
    )


def _harvested() -> Query:
    transaction, policy, lot = IntercompanyTransaction, IntercompanyPolicy, HarvestLot
    same_grade = sa.and_(
        lot.event_id == transaction.event_id, lot.product_grade_id == policy.product_grade_id
    )
    return (
        sa.select(transaction.tx_id, sa.func.sum(lot.gutted_weight_kg).label("kg"))
        .join_from(transaction, policy, policy.policy_id == transaction.policy_id)
        .join(lot, same_grade)
        .group_by(transaction.tx_id)
    )


CHECKS = (
    hard(
        _SUBJECT,
        "intercompany-transfers",
        "A transfer is between companies if its fish go from one company to another.",
        intercompany_transfers,
    ),
    hard(
        _SUBJECT,
        "intercompany-transfers-are-booked",
        "Where companies book the fish handed over, no transfer between them is left out.",
        unbooked_transfers,
    ),
    hard(
        _SUBJECT,
        "transactions-in-the-seller-s-currency",
        "A transaction is in the currency of the company that sells.",
        currencies,
    ),
    hard(
        _SUBJECT,
        "transactions-at-the-price-of-their-policy",
        "A transaction is worth its fish at the price of its policy, to the cent.",
        prices,
    ),
)
