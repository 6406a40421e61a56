"""The codes of the exchange as the API reference lists them, word by word (paragraph 1.6)."""

from __future__ import annotations

import re

# fmt: off
PARAGRAPH = """\

HTTP-level: 400 bad request, 401 auth, 403 forbidden (also Cloudflare/region), 404 path, 405 method, 415 type, 429 rate, 500, 503 maintenance.

Gateway / auth

| Code | Meaning | Client reaction |
|---|---|---|
| 400001 | one of the KC-API headers is missing (WS API: check URL parameters) | bug; fail loudly |
| 400002 | timestamp outside 5 s | resync clock, re-sign, retry once |
| 400003 | key does not exist (wrong key, deleted, or wrong site) | stop private traffic, ask user |
| 400004 | passphrase wrong | stop, ask user |
| 400005 | signature wrong | stop, show which request |
| 400006 | client IP not on whitelist (message carries the IP) | stop, show the IP |
| 400007 | key lacks the permission | disable that feature, name the permission |
| 400008 | V1/V2 keys not accepted here, needs V3 | ask for new key |
| 400009 | key version value wrong | fix header |
| 400010 | UID refused | stop |
| 400011 / 400012 | WS API session challenge failed / timed out | reconnect, re-sign |
| 400100 | parameter error (message names the field; may also mean symbol not found) | show message, no retry |
| 400200, 400201, 400202 | broker partner problem (400200 on spot: order placement forbidden) | - |
| 400301 / 400303 | region / KYC restriction | stop trading UI |
| 404000 | URL not found | bug or removed endpoint: mark feature unavailable |
| 411100 | user frozen | stop |
| 415000 | media type | fix header |
| 429000 | quota spent **or** server overload protection | see 1.8 |
| 500000 | server error | GET: retry with backoff; orders: outcome unknown, reconcile |
| 1015 | Cloudflare per-IP limit (historic figure 500 requests / 10 s), blocked ~30 s, HTML body | pause all REST 30 s |
| 200002 | per-UID per-endpoint limit, blocked ~10 s (older limiter; code also reused for "level 2/3 query scope") | pause that endpoint 10 s |

Futures business

| Code | Meaning | Client reaction |
|---|---|---|
| 40010 | country/region restricted | stop trading UI |
| 100001 | invalid parameter; **also order not found**, e.g. message `error.getOrder.orderNotExist` | look at message; treat as not-found on order queries |
| 100002 | system configuration error | retry later |
| 100003 | contract parameter invalid / unknown contract | refresh contract list |
| 100004 | order not cancellable (filled, cancelled, unknown, or already being cancelled) [wire] | re-query order; not an error dialog |
| 100005 | risk limit level does not exist | refresh levels |
| 101030 | seen in client code lists, meaning not established [unsure] | show message |
| 126042 | maximum position limit exceeded | reduce size |
| 200001 | level-2 query scope too large | - |
| 200003 | symbol parameter invalid | refresh contracts |
| 200005 | not enough balance (changing risk limit) | show |
| 300000 | request parameter illegal | show |
| 300001 | too many active orders on the contract (limit, current in message) | block new orders on that contract |
| 300002 | placing/cancelling suspended | wait, watch `/status` |
| 300003 | balance not enough (message states cost) | show |
| 300004 | too many stop orders | block new stops |
| 300005 | risk limit exceeded | suggest level change |
| 300006 | close price on the wrong side of bankruptcy price | show |
| 300007 | price worse than liquidation price | show |
| 300008, 300013 | no opposite order in the book | show |
| 300009 | no position to close | refresh positions |
| 300010 | close failed | refresh, retry by user |
| 300011 / 300012 | buy price above / sell price below the allowed bound (bound in message) | clamp to `buyLimit`/`sellLimit` after asking |
| 300014 | position in liquidation, no placing/cancelling | lock symbol |
| 300015 | funding/contract settlement in progress | retry in seconds |
| 300016 | leverage above maximum | clamp |
| 300017 | position belongs to Futures Brawl | - |
| 300018 | clientOid repeated | order probably exists: look it up by clientOid before anything else |
| 330005 | order `marginMode` differs from the symbol's selected mode | read getMarginMode, resend only on user intent |
| 330008 | margin + leverage reached max open size / not enough available margin [wire, two different texts] | show max open size |
| 330011 | position mode mismatch (order sent one-way in hedge mode or the reverse) | read getPositionMode, set `positionSide` |
| 330012 | order invalid (mode family) [unsure] | show |
| 50002 (inside batchChangeMarginMode `errors[]`) | `exist.order.or.position` | ask user to flatten first |

Match on **code**; message texts change and are sometimes localised keys.
"""  # noqa: E501 - copied as it stands, for comparing
# fmt: on

_ROW = re.compile(r"^\| (\d[^|]*?) \|.*\| ([^|]*) \|$", re.MULTILINE)


def reactions() -> dict[str, str]:
    """What a client should do, by code."""
    return {
        code: reaction.strip()
        for codes, reaction in _ROW.findall(PARAGRAPH)
        for code in re.findall(r"\b\d{4,6}\b", codes)
    }
