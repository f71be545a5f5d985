"""The collector of cycles is as before after it was told to look seldom."""

from __future__ import annotations

import gc

import pytest

from logdiag.engines.collector import SELDOM, seldom


def test_within_it_looks_seldom_and_not_at_what_was_there() -> None:
    """The threshold is the higher one, and what was loaded is frozen."""
    with seldom():
        assert (SELDOM, True) == (gc.get_threshold()[0], gc.get_freeze_count() > 0)


def test_after_an_error_it_looks_as_often_as_before() -> None:
    """Whoever uses the engine as a library gets the collector back as it was."""
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), seldom():
        raise ZeroDivisionError
    assert (before, 0) == (gc.get_threshold(), gc.get_freeze_count())
