"""Python's collector of cycles, told when it is of use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Allocations between two looks. A batch keeps hundreds of thousands of objects to its commit and
# makes no cycles: at Python's 700 the looks at them took a tenth of the time.
SELDOM = 50_000


@contextmanager
def seldom() -> Iterator[None]:
    """Within, what was loaded before is not looked at, and the rest seldom."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
