"""The error that factories raise."""

from __future__ import annotations

from ..errors import FactoryError

__all__ = ["FactoryError"]
