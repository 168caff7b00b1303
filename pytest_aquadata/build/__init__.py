"""From a plan to a finished database: simulate, load, index, describe, keep."""
