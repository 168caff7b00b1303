"""Hard checks of intercompany transactions for transferred and harvested fish."""

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
    """Select transfers marked as intercompany without another company, or the opposite."""
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
    """Select finished intercompany transfers without transaction, if any transfer has one."""
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
    """Select transactions in another currency than that of the selling company."""
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
    """Select transactions whose amount is not the weight of their fish times the policy's price.

    Fish put to sea are priced by live weight, harvested fish by grade and gutted weight.
    """
    transaction, policy = IntercompanyTransaction, IntercompanyPolicy
    sales = sa.union_all(_put_to_sea(), _harvested()).subquery("sold")
    expected = sales.c.kg * policy.price_per_kg
    return (
        sa.select(
            transaction.tx_id.label("transaction"),
            sales.c.kg,
            policy.price_per_kg,
            transaction.amount,
            expected.label("expected"),
        )
        .join_from(transaction, policy, policy.policy_id == transaction.policy_id)
        .join(sales, sales.c.tx_id == transaction.tx_id)
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
        "A transfer is marked as intercompany exactly if its two companies differ.",
        intercompany_transfers,
    ),
    hard(
        _SUBJECT,
        "intercompany-transfers-are-booked",
        "If any intercompany transfer has a transaction, all finished ones have.",
        unbooked_transfers,
    ),
    hard(
        _SUBJECT,
        "transactions-in-the-seller-s-currency",
        "A transaction is in the currency of the selling company.",
        currencies,
    ),
    hard(
        _SUBJECT,
        "transactions-at-the-price-of-their-policy",
        "A transaction's amount is the weight of its fish times the policy's price, to the cent.",
        prices,
    ),
)
