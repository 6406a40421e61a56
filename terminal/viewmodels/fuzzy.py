"""Finding by a few letters: how well what is typed fits a name. Pure."""

from __future__ import annotations

_START, _NEXT, _ANY = 8, 4, 1
"""A letter at a word's start counts most, then one right behind the one before."""


def score(typed: str, name: str) -> int | None:
    """How well every typed word is found in a name, more is better; None when one is not.

    A word's letters must follow each other in the name, with gaps or without; capitals are letters
    like others. Nothing typed fits everything equally (0). Cost: O(length of the name) per word.
    """
    folded = name.casefold()
    total = 0
    for word in typed.casefold().split():
        found = _word(word, folded)
        if found is None:
            return None
        total += found
    return total


def _word(word: str, name: str) -> int | None:
    at = name.find(word)
    if at >= 0:
        starts = at == 0 or not name[at - 1].isalnum()
        return len(word) * _NEXT * 2 + (_START * 2 if starts else 0)
    total, last = 0, -2
    for letter in word:
        place = _better(letter, name, last)
        if place is None:
            return None
        starts = place == 0 or not name[place - 1].isalnum()
        total += _START if starts else _NEXT if place == last + 1 else _ANY
        last = place
    return total


def _better(letter: str, name: str, last: int) -> int | None:
    """The next place of a letter: at the start of a word if that comes at all, else the first."""
    place = first = name.find(letter, max(0, last + 1))
    if first < 0:
        return None
    if first == last + 1:
        return first
    while place >= 0:
        if place == 0 or not name[place - 1].isalnum():
            return place
        place = name.find(letter, place + 1)
    return first
