"""Histories of single batches for tests: asked for in a sentence, simulated, saved where wanted."""

from .batch_group import BatchGroup
from .builder import Lifecycle, build_together
from .history import History

__all__ = ["BatchGroup", "History", "Lifecycle", "build_together"]
