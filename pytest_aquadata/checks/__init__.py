"""The check suite: exact rules and published figures, as SQL queries over any AquaMind database."""

from __future__ import annotations

from .model import Bound, Check, Finding, Report, Result
from .suite import CHECKS, run_checks

__all__ = ["CHECKS", "Bound", "Check", "Finding", "Report", "Result", "run_checks"]
