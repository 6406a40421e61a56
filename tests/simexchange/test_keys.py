"""Keys by name."""

from __future__ import annotations

import pytest

from terminal.simexchange.auth import DEMO_UID
from terminal.simexchange.keys import read_key, shown_key


def test_a_name_alone_opens_the_account_of_the_demo_key_for_reading_and_trading() -> None:
    named = read_key("bot", 7)
    assert (named.name, named.account, named.key.uid) == ("bot", "main", DEMO_UID)
    assert named.key.permissions == {"General", "Futures"}
    assert named.key.ip_list == ""


def test_all_parts_are_read() -> None:
    named = read_key("bot:transfer+Spot@desk/127.0.0.1,::1", 7)
    assert (named.name, named.account) == ("bot", "desk")
    assert named.key.permissions == {"General", "InnerTransfer", "Spot"}
    assert named.key.ip_list == "127.0.0.1,::1"
    shown = shown_key(named)
    assert shown["permissions"] == ["General", "InnerTransfer", "Spot"]
    assert shown["ips"] == ["127.0.0.1", "::1"]


def test_keys_come_from_seed_and_name_accounts_from_theirs() -> None:
    one, same, other = read_key("a@x", 1), read_key("a@x", 1), read_key("b@x", 1)
    assert one == same
    assert one.key.uid == other.key.uid != read_key("a@y", 1).key.uid
    keys = [one.key, other.key, read_key("a@x", 2).key]
    for part in ("key", "secret", "passphrase"):
        assert len({getattr(key, part) for key in keys}) == 3
    assert len(one.key.uid) == 24


def test_a_name_behind_an_account_is_its_sub_account_and_an_address_is_not() -> None:
    named = read_key("bot:Spot@main/desk1/127.0.0.1", 7)
    assert (named.account, named.key.sub_name, named.key.master_uid) == (
        "main/desk1",
        "desk1",
        DEMO_UID,
    )
    assert named.key.ip_list == "127.0.0.1"
    assert named.key.uid == read_key("other@main/desk1", 7).key.uid
    uids = {read_key(f"a@{name}", 7).key.uid for name in ("main", "main/x", "x/x", "x", "x/y")}
    assert len(uids) == 5
    for text in ("bot@desk/::1", "bot@desk/10.0.0.1", "bot/10.0.0.1", "bot@desk"):
        assert (read_key(text, 7).key.master_uid, read_key(text, 7).key.sub_name) == ("", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1 to 32 letters"),
        ("a b", "1 to 32 letters"),
        ("a@", "1 to 32 letters"),
        ("a:", "'' is no permission"),
        ("a:Fly", "'Fly' is no permission"),
        ("a/", "'' is no IP address"),
        ("a/300.1.1.1", "'300.1.1.1' is no IP address"),
        ("a@b@c", "1 to 32 letters"),
        ("a@main/main", "cannot be named main"),
        ("a@main/x/y", "'y' is no IP address"),
        (f"a@main/{'x' * 33}", "name of a sub-account is 1 to 32 letters"),
    ],
)
def test_what_is_no_key_is_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        read_key(text, 7)
    assert str(caught.value).endswith(".")


def test_traits_are_read_and_shown() -> None:
    key = read_key("old@desk/127.0.0.1!v2,v3only,frozen", 7)
    assert (key.key.version, key.key.needs_v3, key.key.is_frozen) == (2, True, True)
    assert (key.account, key.key.ip_list) == ("desk", "127.0.0.1")
    assert shown_key(key)["traits"] == ["v2", "v3only", "frozen"]
    assert shown_key(read_key("new!v3", 7))["traits"] == []
    with pytest.raises(ValueError, match="'slow' is no trait of a key; there are v1, v2"):
        read_key("a!slow", 7)
