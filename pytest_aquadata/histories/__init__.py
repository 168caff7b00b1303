"""Histories of single batches for tests: requested with a builder, simulated, saved on demand."""

from .batch_group import BatchGroup
from .builder import Lifecycle, build_together
from .history import History

__all__ = ["BatchGroup", "History", "Lifecycle", "build_together"]
