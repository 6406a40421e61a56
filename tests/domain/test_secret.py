"""A text that cannot be printed by accident."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.secret import REDACTED, Secret


@dataclasses.dataclass
class _Holder:
    secret: Secret


@given(st.text(st.characters(codec="utf-8"), min_size=12, max_size=60))
def test_no_way_of_printing_shows_it(text: str) -> None:
    """Whatever the text is, its printed forms are the same for all secrets."""
    secret = Secret(text)
    assert {str(secret), f"{secret}", f"{secret:>40}", "{}".format(secret)} == {REDACTED}  # noqa: UP032 - another road to format
    assert repr(secret) == repr(Secret("another"))
    assert repr(_Holder(secret)) == repr(_Holder(Secret("another")))
    assert str(dataclasses.asdict(_Holder(secret))) == str({"secret": Secret("another")})
    assert secret.reveal() == text


def test_it_is_neither_pickled_nor_written_as_json() -> None:
    """What would put it into a file by itself raises."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret("the-secret-text"))
    with pytest.raises(TypeError):
        json.dumps({"secret": Secret("the-secret-text")})


def test_a_copy_is_the_thing_itself() -> None:
    """Copies do not multiply the text."""
    secret = Secret("the-secret-text")
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret


def test_a_traceback_shows_nothing() -> None:
    """The error of a wrong use names no text."""
    secret = Secret("-".join(("the", "hidden", "text")))
    with pytest.raises(TypeError) as raised:
        secret + "x"  # type: ignore[operator]
    assert "the-hidden" not in "".join(traceback.format_exception(raised.value))


def test_equality_and_truth_are_those_of_the_text() -> None:
    """Two of the same text are equal; an empty one is false; a plain text is no secret."""
    assert Secret("abc") == Secret("abc")
    assert Secret("abc") != Secret("abx")
    assert Secret("abc") != "abc"
    assert hash(Secret("abc")) == hash(Secret("abc"))
    assert not Secret("")
    assert Secret("x")


def test_only_a_long_text_shows_its_tail() -> None:
    """Four letters of a short text would be too much of it."""
    assert Secret("0123456789ab").tail == "…89ab"
    assert Secret("0123456789a").tail == "…"
