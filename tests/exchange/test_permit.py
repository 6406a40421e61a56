"""A permit is raised and lowered, and never beyond its most."""

from __future__ import annotations

import pytest

from terminal.domain.access import Access
from terminal.exchange.permit import Permit

ORDER = (Access.MARKET_DATA, Access.WATCH_ONLY, Access.REDUCING, Access.FULL)


@pytest.mark.parametrize("most", ORDER)
@pytest.mark.parametrize("wanted", ORDER)
def test_no_permit_goes_beyond_its_most(most: Access, wanted: Access) -> None:
    """Up to there everything is possible, beyond it nothing changes."""
    permit = Permit(Access.MARKET_DATA, most)
    if ORDER.index(wanted) > ORDER.index(most):
        with pytest.raises(ValueError, match="more than"):
            permit.change(wanted)
        assert permit.access is Access.MARKET_DATA
        with pytest.raises(ValueError, match="more than"):
            Permit(wanted, most)
    else:
        permit.change(wanted)
        assert permit.access is wanted


def test_changes_are_told_once() -> None:
    """Changing to what it is already is no change."""
    permit, told = Permit(Access.WATCH_ONLY, Access.FULL), []
    permit.on_changed = lambda: told.append(permit.access)
    for access in (Access.WATCH_ONLY, Access.FULL, Access.FULL, Access.REDUCING):
        permit.change(access)
    assert told == [Access.FULL, Access.REDUCING]


def test_without_a_most_it_stays_where_it_is() -> None:
    """What is built for watching can never be raised."""
    permit = Permit(Access.WATCH_ONLY)
    with pytest.raises(ValueError, match="more than"):
        permit.change(Access.REDUCING)
