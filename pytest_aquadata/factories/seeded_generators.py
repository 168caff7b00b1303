"""Global random generators that users' declarations draw from, seeded for one row.

These are the generators of `random`, numpy, Faker and `factory.fuzzy`. Their states are put back
afterwards, so that nothing else notices.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import factory.random
import numpy as np
from factory.enums import get_builder_phase

_PACKAGE = f"{__package__}."
_SEED_LIMIT = 2**63
_lock = RLock()
_faker_generator = factory.random.faker.generator.random
"""The generator of all of Faker's providers, which factory_boy seeds, too."""


def is_users_declaration(declaration: Any) -> bool:
    """Return whether a value of a factory is a declaration that is not the package's own."""
    is_declaration = get_builder_phase(declaration) is not None
    return is_declaration and not type(declaration).__module__.startswith(_PACKAGE)


@contextmanager
def seeded_generators(stream: np.random.Generator) -> Iterator[None]:
    """Seed the global generators from a random stream while a block runs.

    One thread at a time does so.
    """
    seed = int(stream.integers(_SEED_LIMIT))
    generators = (random, factory.random.randgen, _faker_generator)
    with _lock:
        states = [generator.getstate() for generator in generators]
        numpy_state = np.random.get_state()
        seeded = random.Random(seed).getstate()
        try:
            for generator in generators:
                generator.setstate(seeded)
            np.random.seed(seed % 2**32)
            yield
        finally:
            for generator, state in zip(generators, states, strict=True):
                generator.setstate(state)
            np.random.set_state(numpy_state)
