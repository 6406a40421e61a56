"""A contract that is met and not known is read once, by itself, and never without end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

from terminal.domain.units import Symbol
from terminal.session.newly_listed import AGAIN_S, MOST, NewlyListed
from terminal.session.notices import NoticeBoard
from terminal.session.tasks import TaskOwner
from tests.support.builders import a_contract
from tests.support.fake_clock import FakeClock
from tests.support.fakes import LOST

if TYPE_CHECKING:
    from terminal.domain.contract import Contract

NEW = Symbol("NEWUSDTM")


@final
@dataclass
class Reader:
    """Knows every contract while ``answers``."""

    clock: FakeClock = field(default_factory=FakeClock)
    asked: list[Symbol] = field(default_factory=list)
    listed: list[Symbol] = field(default_factory=list)
    answers: bool = True

    def __post_init__(self) -> None:
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.notices = NoticeBoard(self.clock)
        self.new = NewlyListed(self._read, self.clock, self.owner, self.notices)
        self.new.on_listed.add(lambda contract: self.listed.append(contract.symbol))

    async def _read(self, symbol: Symbol) -> Contract:
        self.asked.append(symbol)
        await self.clock.sleep(0.1)
        if not self.answers:
            raise LOST
        return replace(a_contract(), symbol=symbol)

    async def end(self) -> None:
        await self.owner.close()
        assert self.errors == []


async def test_what_is_named_a_thousand_times_is_read_once() -> None:
    reader = Reader()
    for _ in range(1000):
        reader.new.met(NEW)
    reader.new.met(Symbol("OTHERUSDTM"))
    await reader.clock.advance(1.0)
    assert reader.asked == reader.listed == [NEW, "OTHERUSDTM"]
    assert reader.notices.notices[0].text == "NEWUSDTM was listed meanwhile."
    await reader.end()


async def test_what_could_not_be_read_is_said_and_asked_for_again_a_minute_later() -> None:
    reader = Reader(answers=False)
    reader.new.met(NEW)
    await reader.clock.advance(AGAIN_S / 2)
    reader.new.met(NEW)
    await reader.clock.advance(AGAIN_S / 2)
    assert reader.asked == [NEW]
    assert "could not be read" in reader.notices.notices[0].text
    reader.answers = True
    reader.new.met(NEW)
    await reader.clock.advance(1.0)
    assert reader.listed == [NEW]
    await reader.end()


async def test_made_up_names_do_not_make_us_ask_without_end() -> None:
    reader = Reader()
    for name in ("", "../orders", "A" * 41, *(f"N{number}" for number in range(3 * MOST))):
        reader.new.met(Symbol(name))
    await reader.clock.advance(AGAIN_S + 1)
    assert reader.asked == [f"N{number}" for number in range(MOST)]
    reader.new.met(NEW)
    await reader.clock.advance(1.0)
    assert reader.listed[-1] == NEW
    await reader.end()
