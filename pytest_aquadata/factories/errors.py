"""The error that factories raise."""

from __future__ import annotations

from ..errors import AquadataError


class FactoryError(AquadataError):
    """A factory cannot make the row that was asked for; the message says what to ask for."""
