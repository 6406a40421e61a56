import json
from dataclasses import fields

import pytest

from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn, shown
from terminal.viewmodels.ladder_options import (
    MOST_STEPS,
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
    steps=(("XBTUSDTM", 25), ("ETHUSDTM", 2)),
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


def test_a_grouping_that_is_not_on_offer_is_one_tick() -> None:
    """And so many contracts are kept at most; a tick is kept by leaving it out."""
    wrong = {"A": 3, "B": True, "C": "5", "D": 5}
    read = from_document({**to_document(SHIPPED), "steps": wrong})
    assert read.steps == (("D", 5),)
    assert from_document({**to_document(SHIPPED), "steps": [1]}).steps == ()
    many = SHIPPED
    for number in range(MOST_STEPS + 5):
        many = many.with_step(f"C{number}", 10)
    assert len(many.steps) == MOST_STEPS
    assert many.step_of("C0") == 1
    assert many.with_step("C100", 1).step_of("C100") == 1
