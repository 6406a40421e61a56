import json
from dataclasses import fields

import pytest

from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn, shown
from terminal.viewmodels.ladder_options import (
    SHIPPED,
    BarScale,
    Centering,
    LadderOptions,
    from_document,
    to_document,
)

CHOSEN = LadderOptions(
    columns=shown(DEFAULT_COLUMNS, LadderColumn.PNL, is_shown=True),
    centering=Centering.DRIFT,
    drift_ticks=25,
    is_spread_collapsed=True,
    bar_scale=BarScale.FIXED,
    bar_full_lots=5000,
    large_lots=(200, 900),
    is_volume_split=True,
    is_change_summed=True,
    is_pnl_net=False,
    shows_day=False,
    is_large_by_mean=True,
)


def test_every_choice_comes_back_from_the_file() -> None:
    """Through JSON, as the settings keep it."""
    assert from_document(json.loads(json.dumps(to_document(CHOSEN)))) == CHOSEN
    shipped = [one.name for one in fields(LadderOptions)]
    assert all(getattr(CHOSEN, name) != getattr(SHIPPED, name) for name in shipped)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("columns", 7),
        ("centering", "sometimes"),
        ("drift_ticks", 0),
        ("drift_ticks", True),
        ("drift_ticks", "10"),
        ("is_spread_collapsed", 1),
        ("bar_scale", None),
        ("bar_full_lots", -5),
        ("bar_full_lots", 10**12),
        ("large_lots", [1]),
        ("large_lots", [-1, "x"]),
    ],
)
def test_a_value_that_cannot_be_used_is_as_shipped_and_the_others_stay(
    name: str, wrong: object
) -> None:
    """One mistake in a file is no reason to lose the rest."""
    read = from_document({**to_document(CHOSEN), name: wrong})

    for one in fields(LadderOptions):
        wanted = SHIPPED if one.name == name else CHOSEN
        assert getattr(read, one.name) == getattr(wanted, one.name), one.name


def test_another_version_is_not_guessed_at() -> None:
    """Neither is nothing at all."""
    assert from_document({**to_document(CHOSEN), "version": 99}) == SHIPPED
    assert from_document({}) == SHIPPED
    assert from_document(None) == SHIPPED
