"""Generated histories of the order desk against the oracle: nothing lost, doubled or made up.

Each comes from its number alone; one that fails is made small and told in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.histories import happened, smallest, story
from tests.support.plans import Plan, Step, drawn

if TYPE_CHECKING:
    from pathlib import Path

IN_A_TEST = 100
FIXED = 6
"""Tests of the ordinary run, with always the same histories."""
NIGHTLY = 120
SHARP = (1561, 2366, 7994, 11704)
"""In them a move of the size from before and a too early "never arrived" show, and old mistakes."""
PINNED = {
    "an order of which only the last fill was told is no pair's other half": Plan(
        43,
        (Step(0.0, "market", 5, 2), Step(0.6, "plain guard", 1, 14), Step(1.16, "link", 7, 36)),
        trouble=0.3,
        has_socket=False,
        on_disk=False,
    ),
    "a stop sent after a cancel of all stays, though only the stream tells it, without its name": (
        Plan(
            1,
            (
                Step(1.7, "cancel all", 58, 51),
                Step(1.81, "rest down", 23, 60),
                Step(2.11, "protect", 7, 20),
            ),
            trouble=0.6,
            has_socket=False,
            on_disk=False,
        )
    ),
}
"""Small ones in which something was wrong once."""


def _happen(first: int, folder: Path) -> None:
    for seed in range(first, first + IN_A_TEST):
        plan = drawn(seed)
        if happened(plan, folder).wrong:
            pytest.fail(story(smallest(plan, folder)), pytrace=False)


@pytest.mark.parametrize("part", range(FIXED))
def test_no_order_is_lost_or_doubled_and_nothing_untrue_is_said(part: int, tmp_path: Path) -> None:
    """A fixed few hundred histories."""
    _happen(part * IN_A_TEST, tmp_path)


@pytest.mark.parametrize("seed", SHARP)
def test_nor_in_those_that_show_what_few_others_do(seed: int, tmp_path: Path) -> None:
    plan = drawn(seed)
    assert not happened(plan, tmp_path).wrong, story(smallest(plan, tmp_path))


@pytest.mark.parametrize("name", PINNED)
def test_nor_in_those_in_which_something_was(name: str) -> None:
    history = happened(PINNED[name])
    assert not history.wrong, story(history)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(FIXED, FIXED + NIGHTLY))
def test_nor_in_thousands_of_histories(part: int, tmp_path: Path) -> None:
    """Those that follow, twelve thousand of them."""
    _happen(part * IN_A_TEST, tmp_path)
