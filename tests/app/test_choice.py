"""What the window says about what it is opened on."""

from __future__ import annotations

from terminal.app.choice import Choice, Mode
from terminal.domain.access import Access
from terminal.exchange.hosts import REAL, Hosts
from terminal.viewmodels.text import Role

DEMO = Choice(Mode.DEMO)
WATCH = Choice(Mode.WATCH, REAL)
ACCOUNT = Choice(Mode.ACCOUNT, REAL, None, "main")


def test_only_the_demo_sends() -> None:
    """Real hosts are watched, with an account or without."""
    assert [choice.access for choice in (DEMO, WATCH, ACCOUNT)] == [
        Access.FULL,
        Access.MARKET_DATA,
        Access.WATCH_ONLY,
    ]


def test_an_account_is_watched_until_trading_was_allowed_once() -> None:
    """And even then the switch is off at the start; the demo and the market have none."""
    allowed = Choice(Mode.ACCOUNT, REAL, None, "main", may_trade=True)
    permits = [ACCOUNT.permit, allowed.permit]
    assert [one and (one.access, one.most) for one in permits] == [
        (Access.WATCH_ONLY, Access.FULL),
        (Access.REDUCING, Access.FULL),
    ]
    assert DEMO.permit is WATCH.permit is None


def test_live_looks_like_nothing_simulated() -> None:
    """Another word, another colour, another title."""
    assert DEMO.badge == ("DEMO", Role.DEMO)
    assert WATCH.badge == ACCOUNT.badge == ("LIVE \N{MIDDLE DOT} watch only", Role.LIVE)
    titles = {choice.title for choice in (DEMO, WATCH, ACCOUNT)}
    assert titles == {"Simulated exchange", "Live market, watch only", "main, live"}
    assert len({choice.opening_words for choice in (DEMO, WATCH, ACCOUNT)}) == 3


def test_limits_are_kept_for_environment_and_account() -> None:
    """The demo's exchange has another address each time; an account keeps its name."""
    elsewhere = Choice(Mode.ACCOUNT, Hosts("https://b", "https://b"), None, "main")
    names = {choice.account for choice in (DEMO, WATCH, ACCOUNT, elsewhere)}
    assert len(names) == 4
    demo = Choice(Mode.DEMO, Hosts("http://127.0.0.1:5000", "http://127.0.0.1:5000"))
    assert demo.account == DEMO.account
