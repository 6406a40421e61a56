import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.sizes import LARGEST, Sizes, parse_lots


def some_sizes() -> Sizes:
    return Sizes((1, 5, 10, 50, 100), chosen=2)


def test_the_chosen_size_is_in_hand_at_start() -> None:
    """What was chosen last is chosen again."""
    assert some_sizes().current == 5


@pytest.mark.parametrize(
    ("start", "direction", "end"),
    [(1, 1, 2), (9, 1, 10), (10, 1, 20), (10, -1, 9), (20, -1, 10), (1, -1, 1), (250, 1, 350)],
)
def test_a_step_is_one_unit_of_the_leading_digit(start: int, direction: int, end: int) -> None:
    """Stepping is quick for large sizes and fine for small ones."""
    sizes = some_sizes()
    sizes.set_current(start)

    sizes.step(direction)

    assert sizes.current == end


def test_storing_keeps_the_size_in_hand() -> None:
    """Shift and a number stores what is in hand under it."""
    sizes = some_sizes()
    sizes.set_current(7)

    sizes.store(4)

    assert sizes.stored == (1, 5, 10, 7, 100)
    assert sizes.chosen == 4


@pytest.mark.parametrize("stored", [(1, 2, 3, 4), (0, 1, 2, 3, 4), (1, 2, 3, 4, 5, 6)])
def test_five_sizes_of_at_least_one_lot_are_needed(stored: tuple[int, ...]) -> None:
    """A wrong set is a bug of the caller and says so."""
    with pytest.raises(ValueError, match="five sizes"):
        Sizes(stored, 1)


@given(st.lists(st.sampled_from(["up", "down", "halve", "double"]), max_size=60))
def test_the_size_never_leaves_its_bounds(steps: list[str]) -> None:
    """No sequence of steps reaches zero or beyond the bound."""
    sizes = some_sizes()
    for step in steps:
        match step:
            case "up":
                sizes.step(1)
            case "down":
                sizes.step(-1)
            case "halve":
                sizes.halve()
            case _:
                sizes.double()
        assert 1 <= sizes.current <= LARGEST


@pytest.mark.parametrize(
    ("typed", "lots"),
    [
        ("7", 7),
        (" 1 000 ", 1000),
        ("12,000", 12000),
        ("1,5", None),
        ("1.5", None),
        ("0", None),
        ("-3", None),
        ("", None),
        ("\N{ARABIC-INDIC DIGIT THREE}", None),
        ("9" * 30, None),
        ("1e3", None),
    ],
)
def test_only_whole_lots_above_zero_are_read(typed: str, lots: int | None) -> None:
    """Anything doubtful is no number, so that 1,5 never becomes 15."""
    assert parse_lots(typed) == lots
