"""Payloads as they must never be sent: wrong in kind, size or place, twice, cut, or no text at all.

Everything follows from a seed. ``SECRET`` stands in fields that no error and no log may show.
"""

from __future__ import annotations

import copy
import json
import random
from typing import Any

SECRET = "hunter2-never-shown"
SECRET_FIELDS = (
    "token", "signature", "sign", "passphrase", "apiKey", "apikey", "secret", "connectId",
    "KC-API-SIGN", "KC-API-PASSPHRASE", "sessionId", "partner_sign",
)  # fmt: skip

_RAW = "@raw:"
GONE = object()


def _token(text: str) -> str:
    """JSON that ``json`` would not write."""
    return f"{_RAW}{text}@"


STRANGE: list[Any] = [
    GONE, None, "", " ", "x", "NaN", "-Infinity", "1e999", "1E-999", "2.0E-4", "\u0661\u0662",
    "\ud83d\udca3", "XBTUSDTM", 0, -1, 1, 2, -0.0, 0.1, 1e15, 1e300, -1e300, 2**31, 2**53 + 1,
    2**63, -(2**63), 10**30, 1_760_000_000, 1_760_000_000_000, 1_760_000_000_000_000,
    1_760_000_000_000_000_000, True, False, [], {}, [[]], [{}], {"value": 1}, ["1", "2"], [None],
    "true", "buy", "CROSS", "999999999999999999999999999", "0.1234567890123456789012345678901",
    "100011.5,sell,-1", "100011.5,sell,1e3", "1,2,3,4", "nobody-knows-this-word", "1_000", "+5",
    "0x10", "1" * 500, "w" * 3000, _token("NaN"), _token("-Infinity"), _token("1e400"),
    _token("1E-400"), _token("-0"), _token("9" * 30), _token("7" * 5000), _token("0." + "3" * 70),
    _token("1.0"), _token("1e3"), _token("007"), _token("yes"), _token("[" * 3000 + "]" * 3000),
    _token('{"a":' * 2000 + "1" + "}" * 2000), _token('"\\ud800"'), _token('"\\u0000"'),
    {"data": {"data": []}}, [[["1", 2]]], {"code": "1"},
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a payload with each of its keys."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [(value, key), *places(inner)]
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            found += [(value, at), *places(inner)]
    return found


def mutated(payload: Any, dice: random.Random, *, hides: bool = True) -> Any:
    """A payload with up to three of its places changed; now and then with secrets in it."""
    changed = {"whole": copy.deepcopy(payload)}
    for _ in range(dice.randint(1, 3)):
        container, key = dice.choice(places(changed))
        strange = dice.choice(STRANGE)
        if strange is GONE and container is not changed:
            del container[key]
        elif strange is not GONE:
            container[key] = copy.deepcopy(strange)
        if dice.random() < 0.1 and strange is not GONE:
            inner = container[key]
            container[key] = [inner] if dice.random() < 0.5 else {"data": inner}
    if hides and dice.random() < 0.2:
        _hide(changed["whole"], dice)
    return changed["whole"]


def _hide(value: Any, dice: random.Random) -> None:
    """Put secrets where they do not belong: first, so that an excerpt would show them."""
    objects = [value] if isinstance(value, dict) else []
    objects += [inner for at, key in places(value) if isinstance(inner := at[key], dict)]
    if objects:
        chosen = dice.choice(objects)
        others = dict(chosen)
        chosen.clear()
        for name in dice.sample(SECRET_FIELDS, 3):
            chosen[name] = dice.choice([SECRET, f'"{SECRET}', f"a\\{SECRET}", [SECRET]])
        chosen.update(others)


def dumped(value: Any) -> bytes:
    """JSON of a mutated payload."""
    text = json.dumps(value)
    while (start := text.find(f'"{_RAW}')) >= 0:
        end = text.index('@"', start)
        inner = json.loads(text[start : end + 2])
        text = text[:start] + inner[len(_RAW) : -1] + text[end + 2 :]
    return text.encode("utf-8", "surrogatepass")


def damaged(payload: Any, seed: int) -> bytes:
    """A mutated payload as bytes, which now and then are damaged as well."""
    dice = random.Random(seed)
    if dice.random() < 0.75:
        return dumped(mutated(payload, dice))
    # Noise within the name of a field that hides a secret would make it another name.
    return _broken(dumped(mutated(payload, dice, hides=False)), dice)


def _broken(raw: bytes, dice: random.Random) -> bytes:
    """Cut, doubled keys, bytes that are no text, noise between."""
    at = dice.randint(0, len(raw))
    kind = dice.randrange(5)
    if kind == 0:
        return raw[:at]
    if kind == 1:
        noise = dice.choice([b"\xff", b"\xc3\x28", b"\x00", b"}", b'"', b"[" * 5000])
        return raw[:at] + noise + raw[at:]
    if kind == 2:
        # In a text, where only who decodes it sees it.
        return raw.replace(b'":"', b'":"\xed\xa0\x80\xff', dice.randint(1, 4))
    if kind == 3 and b'{"' in raw:
        first = raw.split(b'{"', 1)[1].split(b'"', 1)[0]
        again = dice.choice([b"1", b"null", b'"x"', b"[]", b"-7"])
        return raw.replace(b'{"', b'{"' + first + b'":' + again + b',"', 1)
    return dice.choice([b"\xef\xbb\xbf", b" " * 40, b"\n", b"<html>"]) + raw
