"""The code of each geography in a database, which its companies' codes begin with."""

from __future__ import annotations

import sqlalchemy as sa

from ..schema import DimCompany


def geography_codes() -> sa.Subquery:
    """Return a subquery of `geography_id` and `code`, such as FAR, of geographies with companies.

    The code of a company is the code of its geography, a hyphen and the subsidiary.
    """
    suffix = sa.literal("-") + DimCompany.subsidiary
    code = sa.func.min(sa.func.replace(DimCompany.nav_company_code, suffix, ""))
    return (
        sa.select(DimCompany.geography_id, code.label("code"))
        .group_by(DimCompany.geography_id)
        .subquery("codes")
    )
