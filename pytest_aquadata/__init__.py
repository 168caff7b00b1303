"""A salmon farm for your tests: factories, whole batch histories, seeded databases."""

__version__ = "0.1.0"
