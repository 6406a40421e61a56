"""Listener lists."""

from __future__ import annotations

import pytest

from terminal.session.listeners import Handle, Listeners


def test_listeners_are_told_in_order_until_removed() -> None:
    told: list[str] = []
    listeners: Listeners[[str]] = Listeners()
    first = listeners.add(lambda word: told.append(f"1 {word}"))
    listeners.add(lambda word: told.append(f"2 {word}"))
    listeners.notify("a")
    first.remove()
    first.remove()
    listeners.notify("b")
    assert told == ["1 a", "2 a", "2 b"]
    assert len(listeners) == 1


def test_who_is_removed_while_telling_is_not_told_and_who_is_added_waits() -> None:
    told: list[str] = []
    listeners: Listeners[[]] = Listeners()
    handles: list[Handle] = []

    def first() -> None:
        told.append("first")
        handles[0].remove()
        listeners.add(lambda: told.append("late"))

    listeners.add(first)
    handles.append(listeners.add(lambda: told.append("second")))
    listeners.notify()
    assert told == ["first"]
    listeners.notify()
    assert told == ["first", "first", "late"]


def test_one_that_raises_does_not_keep_the_others_from_being_told() -> None:
    told: list[int] = []
    listeners: Listeners[[]] = Listeners()

    def broken() -> None:
        raise ValueError("no")

    listeners.add(broken)
    listeners.add(lambda: told.append(1))
    with pytest.raises(ValueError, match="no"):
        listeners.notify()
    assert told == [1]


def test_lists_that_must_not_be_interrupted_report_instead() -> None:
    errors: list[Exception] = []
    told: list[int] = []
    listeners: Listeners[[]] = Listeners(errors.append)

    def broken() -> None:
        raise ValueError("no")

    listeners.add(broken)
    listeners.add(lambda: told.append(1))
    listeners.notify()
    assert told == [1]
    assert [str(error) for error in errors] == ["no"]
