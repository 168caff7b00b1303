"""The farm's rules for each geography of the database: climate, lice limits, harvest weight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sqlalchemy as sa

from ...presets.sites import FarmGeography
from ...schema import Geography
from ..context import CheckContext
from ..geographies import geography_codes
from .arrays import Mask
from .assignments import load_assignments

FAROES, SCOTLAND = "FAR", "SCO"
"""Codes, in the farm, of the geographies that the checks have published figures for."""
GEOGRAPHY_NAMES = {FAROES: "the Faroe Islands", SCOTLAND: "Scotland"}


def load_geographies(context: CheckContext) -> Mapping[str, FarmGeography]:
    """Load the farm's geography for each geography of the database, by its name there.

    A geography is found by its name, or else by the code of its companies. One that the farm does
    not have is left out: no rule applies to it.
    """
    codes = geography_codes()
    rows = context.rows(
        sa.select(Geography.name, codes.c.code)
        .outerjoin(codes, codes.c.geography_id == Geography.id)
        .order_by(Geography.id)
    )
    by_name = context.farm.geography_by_name
    by_code = {geography.code: geography for geography in context.farm.geographies}
    matches = {row["name"]: by_name.get(row["name"]) or by_code.get(row["code"]) for row in rows}
    return {name: geography for name, geography in matches.items() if geography is not None}


def assignments_in(context: CheckContext, name: str) -> Mask:
    """Return a mask of the assignments in the geography with this name in the database."""
    names = context.get(load_assignments).geography
    return np.asarray(names == name, np.bool_)


def assignments_with_code(context: CheckContext, code: str) -> Mask:
    """Return a mask of the assignments in the geography with this code in the farm."""
    mask = np.zeros(len(context.get(load_assignments)), np.bool_)
    for name, geography in context.get(load_geographies).items():
        if geography.code == code:
            mask |= assignments_in(context, name)
    return mask
