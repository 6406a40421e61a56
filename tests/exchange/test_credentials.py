"""Secrets do not print."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from terminal.domain.secret import Secret
from terminal.exchange.credentials import Credentials, Keys
from terminal.exchange.token import StreamAddress


def test_no_secret_in_any_text_of_it() -> None:
    secrets = Credentials("the-key", "the-secret", "the-passphrase")
    for text in (repr(secrets), str(secrets), f"{secrets}", f"{secrets!r}"):
        assert "the-" not in text


def test_keys_for_two_ways_hide_what_they_hold() -> None:
    """The order socket may have a key of its own; without one both ways have the same."""
    rest, orders = Credentials("the-key", "the-secret", "the-phrase"), Credentials("the", "-", "-")
    assert "the-" not in repr(Keys(rest, orders))
    assert Keys(rest).orders is None
    with pytest.raises(TypeError):
        pickle.dumps(Keys(rest))


def test_they_are_not_pickled_copied_or_spread() -> None:
    """No road leads from the type to a file by itself."""
    secrets = Credentials("the-key", Secret("the-secret"), "the-passphrase")
    assert secrets.secret == "the-secret"
    assert "the-" not in repr(secrets.parts)
    assert [part.reveal() for part in secrets.parts] == ["the-key", "the-secret", "the-passphrase"]
    with pytest.raises(TypeError):
        pickle.dumps(secrets)
    assert copy.copy(secrets) is secrets
    assert copy.deepcopy(secrets) is secrets
    assert not dataclasses.is_dataclass(secrets)
    assert not hasattr(secrets, "__dict__")


def test_the_version_is_part_of_what_they_are() -> None:
    """The same key signed for as another version is another thing."""
    secrets = Credentials("the-key", "the-secret", "the-passphrase")
    two = secrets.of_version(2)
    assert (secrets.version, two.version) == (3, 2)
    assert secrets != two
    assert two == Credentials("the-key", "the-secret", "the-passphrase", 2)
    assert secrets != "the-key"
    assert hash(two) == hash(two.of_version(2))


def test_a_stream_address_hides_its_token() -> None:
    assert "hush" not in repr(StreamAddress("ws://127.0.0.1?token=hush", 1.0, 1.0))
