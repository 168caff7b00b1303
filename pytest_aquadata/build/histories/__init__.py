"""Histories of single batches for tests: asked for in a sentence, simulated, saved where wanted."""

from .builder import Lifecycle, build_together
from .company import Company
from .history import History

__all__ = ["Company", "History", "Lifecycle", "build_together"]
