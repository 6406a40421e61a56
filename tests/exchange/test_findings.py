"""Findings: what a check may say, and that whatever goes wrong in one becomes one."""

from __future__ import annotations

import asyncio
import logging

import pytest

from terminal.domain.errors import TernError
from terminal.exchange.errors import AuthError, TransportError, UnavailableError
from terminal.exchange.findings import (
    PRIVATE,
    PUBLIC,
    RATE_BUDGET,
    Check,
    Finding,
    Verdict,
    within,
)

CHECK = Check("name", "Title", ("trip_ms", "word"), "trip_ms", is_vital=True)


def test_every_figure_of_a_check_is_there_and_no_other() -> None:
    """What is not known is None, so that readers find the same names every time."""
    assert dict(CHECK.ok("Fine.", figures={"word": "x"}).figures) == {"trip_ms": None, "word": "x"}
    with pytest.raises(ValueError, match="other_ms"):
        CHECK.ok("Fine.", figures={"other_ms": 1})


def test_only_a_failure_of_something_vital_stops_trading() -> None:
    """A warning never does, nor what is not vital."""
    calm = Check("calm", "Calm")
    found = [CHECK.ok("a"), CHECK.warning("a"), CHECK.skipped("a"), calm.failed("a")]
    assert not any(finding.stops_trading for finding in found)
    assert CHECK.failed("a").stops_trading


def test_names_and_what_is_shown_are_in_order() -> None:
    """Names are unique, and a table shows figures that exist."""
    checks = [*PUBLIC, *PRIVATE, RATE_BUDGET]
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert not check.shown or check.shown in check.figures
        assert all(name.isidentifier() and name.islower() for name in check.figures)


@pytest.mark.parametrize(
    ("error", "sentence", "remedy"),
    [
        (TernError("t", sentence="It broke.", remedy="Mend it."), "It broke.", "Mend it."),
        (AuthError("400004", "x", sentence="No.", remedy="Enter it."), "No.", "Enter it."),
        (TransportError("t", was_sent=False), "No connection could be made.", "Check the network"),
        (TransportError("t", was_sent=True), "The exchange did not answer.", "Check the network"),
        (UnavailableError("t"), "cannot answer at the moment", "Try again"),
    ],
)
async def test_an_error_is_a_finding(error: TernError, sentence: str, remedy: str) -> None:
    """Its sentence and remedy are those of the error."""

    async def work() -> Finding:
        raise error

    found = await within(CHECK, work(), 5)
    assert found.verdict is Verdict.FAILED
    assert sentence in found.sentence
    assert remedy in found.remedy


async def test_what_takes_too_long_is_a_finding() -> None:
    """The deadline is said."""
    found = await within(CHECK, asyncio.Event().wait(), 0.01)  # type: ignore[arg-type]  # it never ends
    assert (found.verdict, "within 0.01 s" in found.sentence) == (Verdict.FAILED, True)


async def test_a_check_that_breaks_tells_its_kind_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody knows what is in the text of an error that nobody expected."""

    async def work() -> Finding:
        raise KeyError("a secret")

    with caplog.at_level(logging.ERROR):
        found = await within(CHECK, work(), 5)
    assert "KeyError" in found.sentence
    assert "a secret" not in found.sentence + caplog.text


async def test_to_be_canceled_is_no_finding() -> None:
    """Whoever interrupts is obeyed."""
    task = asyncio.get_running_loop().create_task(
        within(CHECK, asyncio.Event().wait(), 60)  # type: ignore[arg-type]  # it never ends
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
