"""What must be true of a farm's data, and what real farms show, as SQL over any database."""

from __future__ import annotations

from .model import Bound, Check, Finding, Report, Result
from .suite import CHECKS, run_checks

__all__ = ["CHECKS", "Bound", "Check", "Finding", "Report", "Result", "run_checks"]
