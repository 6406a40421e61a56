"""The fuse: the exchange cancels our orders when this program falls silent. Source: reference 3.14.

While it burns, the exchange's timer is set anew at every third of its time. Nothing is claimed that
the exchange did not say: after sleep or silence it is asked first. It is lit only where opening
orders are sent, and renewed wherever anything is: what switches live trading off (a stream that
drops, a clock in doubt) is the trouble that it is for. Only the user puts it out: by hand, by
leaving, or by only watching the account. A program that dies leaves it burning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.account_facts import StopsFate
from terminal.domain.clock import SleepWatch, TimestampMs, to_ms
from terminal.domain.errors import TernError
from terminal.domain.order import OrderState
from terminal.exchange.outcome import Accepted, Outcome, Renewal, Unknown
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel
from terminal.session.tasks import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.domain.account_facts import DeadManSwitch
    from terminal.domain.clock import Clock
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard
    from terminal.session.orders import OrderDesk
    from terminal.session.tasks import TaskOwner

SHORTEST_S, LONGEST_S = 5, 86_400
"""From the documentation of the switch's predecessor (terminals page, K-tsb)."""
MOST_SYMBOLS = 50
RENEWALS = 3
"""How often it is renewed within its time: two may fail before it blows."""
LOOK_S = 1.0
"""How often to look whether the machine slept."""
RETRY_S = (1.0, 1.0, 2.0, 4.0)
MARGIN_MS = 2000
"""After its time has passed by our clock, the exchange is asked only so much later."""
SETTLED_S = 6.0
"""So long after a lost answer the request is not carried out any more (reference 1.3)."""
COUNT_WAIT_S = 60.0
LOOK_AGAIN_S = (1.0, 5.0, 15.0, 30.0)
"""Between questions whether one of an earlier run burns, until one is answered."""
FAREWELL_S = 10.0
"""So long it is tried to put it out before nothing is sent any more."""
UNKNOWN_STOPS = (
    "Not offered: it is not known whether the exchange's timer also cancels stops here. "
    "Once you have seen what it does, say so in the settings (fuse_stops)."
)
_OWN_ERROR = "An error inside the program hid the answer."


class FuseState(Enum):
    """How the fuse stands. The values are what is shown."""

    OFF = "off"
    FOUND = "set by another"
    LIGHTING = "lighting"
    LIT = "lit"
    NOT_RENEWED = "not renewed"
    CHECKING = "asking"
    ENDING = "being put out"
    BLOWN = "blown"


_BURNING = frozenset({FuseState.LIT, FuseState.NOT_RENEWED, FuseState.CHECKING, FuseState.ENDING})


@final
@dataclass(frozen=True, slots=True)
class FuseTerms:
    """What holds for this exchange, and how the fuse is lit: seconds, contracts (empty: all).

    ``at_start`` lights it as soon as the account is known.
    """

    stops: StopsFate = StopsFate.UNKNOWN
    timeout_s: int = 60
    symbols: tuple[Symbol, ...] = ()
    at_start: bool = False


@final
@dataclass(frozen=True, slots=True)
class FuseStatus:
    """How the fuse stands. ``why`` is a sentence where there is something to say.

    ``acts_at`` is the earliest time at which the exchange may cancel, epoch ms of its own clock.
    ``is_certain`` is False while ``BLOWN`` is only our own count. ``canceled`` are the orders that
    are known to have ended by it.
    """

    state: FuseState = FuseState.OFF
    timeout_s: int = 0
    symbols: tuple[Symbol, ...] = ()
    acts_at: TimestampMs | None = None
    why: str = ""
    is_certain: bool = True
    canceled: int = 0


class FuseGateway(Protocol):
    """What sets and reads the exchange's timer."""

    async def renew_dead_man_switch(
        self, timeout_s: int, symbols: tuple[Symbol, ...] = ()
    ) -> Renewal:
        """Set it, or set it anew."""
        ...

    async def set_dead_man_switch(
        self, timeout_s: int | None, symbols: tuple[Symbol, ...] = ()
    ) -> Outcome:
        """Set it; None switches it off."""
        ...

    async def dead_man_switch(self) -> DeadManSwitch:
        """How it is set. Raises from ``exchange.errors``."""
        ...


@final
class Fuse:
    """One account's fuse. Commands return at once; ``clock`` tells the exchange's time."""

    def __init__(
        self,
        gateway: FuseGateway,
        desk: OrderDesk,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
        terms: FuseTerms,
    ) -> None:
        self._gateway = gateway
        self._desk = desk
        self._clock = clock
        self._owner = owner.child("fuse")
        self._notices = notices
        self._pulse = Pulse(clock)
        self._status = FuseStatus()
        self._is_wanted = False
        self._is_running = False
        self._is_looking = self._has_looked = False
        self._is_due = terms.at_start
        self._told = ""
        self._due_s = 0.0
        self._failures = 0
        self._unsettled_until_s = 0.0
        self._theirs_acts_at: TimestampMs | None = None
        self._at_risk: set[ClientOid] = set()
        self._handles: list[Handle] = []
        self.terms = terms
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    # Truth -----------------------------------------------------------------------------------

    @property
    def refusal(self) -> str:
        """Why it may not be lit here, one sentence; empty when it may."""
        if self._desk.access.reason:
            return self._desk.access.reason
        return self._not_offered

    @property
    def silence(self) -> str:
        """Why it cannot be put out here either, one sentence; empty when it can."""
        return self._desk.access.silence

    @property
    def _not_offered(self) -> str:
        return UNKNOWN_STOPS if self.terms.stops is StopsFate.UNKNOWN else ""

    @property
    def status(self) -> FuseStatus:
        """How it stands now: a time that has passed is not shown as burning."""
        status = self._status
        if status.state in _BURNING and self._has_passed():
            words = "Its time has passed without renewal: the orders are most likely canceled."
            return replace(status, state=FuseState.BLOWN, why=words, is_certain=False)
        if status.state in _BURNING and self._is_wanted and self.refusal:
            return replace(status, why=f"{self._why_on} {status.why}".rstrip())
        return status

    @property
    def _why_on(self) -> str:
        """Why one burns that could not be lit now."""
        if self.silence:
            return f"The fuse burns, and can be neither renewed nor put out here. {self.silence}"
        return f"{self.refusal} The fuse burns on, and is renewed, until you put it out."

    @property
    def is_burning(self) -> bool:
        """Whether the exchange may cancel because of us: it must be put out by who leaves."""
        return self._status.state not in {FuseState.OFF, FuseState.BLOWN, FuseState.FOUND}

    @property
    def left_s(self) -> float | None:
        """Seconds until the exchange may cancel, zero when they are over; None when not burning."""
        status = self._status
        if status.state not in _BURNING or status.acts_at is None:
            return None
        return max(0.0, (status.acts_at - self._clock.now_ms()) / 1000)

    def _has_passed(self) -> bool:
        acts_at = self._status.acts_at
        return acts_at is not None and self._clock.now_ms() >= acts_at

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Look whether an earlier run left it burning, and light it if the terms say so."""
        if not self._not_offered:
            self._handles = [self._desk.on_changed.add(self._on_orders)]
            self._begin()

    def permit_changed(self) -> None:
        """What may be sent is more or less than before: begin what could not be begun.

        One that burns goes on: it is said why, once for each reason.
        """
        reason = self.refusal if self.is_burning and self._is_wanted else ""
        if reason and reason != self._told:
            self._note(NoticeLevel.WARNING, self._why_on)
        self._told = reason
        self._begin()
        self._tell()

    def farewell(self) -> Callable[[], Coroutine[object, object, str]] | None:
        """Put it out before nothing is sent any more; None when there is nothing to put out.

        What is returned waits for that, and answers what the user must know when it took too long.
        Wanted from the start, it is lit again when it may be.
        """
        if not self.is_burning or self.silence:
            return None
        self.put_out()
        self._is_due = self.terms.at_start
        return partial(self._ended_within, FAREWELL_S)

    async def _ended_within(self, limit_s: float) -> str:
        is_out = await self._pulse.until(lambda: not self.is_burning, limit_s)
        return "" if is_out else self.warning

    def _begin(self) -> None:
        is_needless = self._has_looked and not self._is_due
        if is_needless or self._is_looking or self._not_offered or self.silence:
            return
        self._is_looking = True
        self._owner.spawn("first look", self._look())

    async def _look(self) -> None:
        try:
            await self._look_first()
        finally:
            self._is_looking = False

    async def stop(self) -> None:
        """End without a word to the exchange: who leaves on purpose has called ``put_out``."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    async def _look_first(self) -> None:
        while not self._desk.is_trusted:
            await self._clock.sleep(LOOK_S)
        for number in count():
            if self._is_lit_at_last() or self._has_looked or self.silence:
                return
            found = await self._found(is_first=not number)
            if found is not None:
                break
            wait_s = LOOK_AGAIN_S[min(number, len(LOOK_AGAIN_S) - 1)]
            await self._pulse.until(lambda: self._is_due and not self.refusal, wait_s)
        else:
            return
        self._has_looked = True
        if found.timeout_s is None or self._status.state is not FuseState.OFF:
            return
        words = (
            f"The exchange's timer is set to {found.timeout_s} s, by an earlier run or another "
            "program: it cancels the orders unless somebody renews it. Light the fuse, or put "
            "this one out."
        )
        self._note(NoticeLevel.WARNING, words)
        self._set(FuseStatus(FuseState.FOUND, found.timeout_s, found.symbols, why=words))

    def _is_lit_at_last(self) -> bool:
        """Light it if it is wanted from the start and may be."""
        is_free = self._status.state in {FuseState.OFF, FuseState.FOUND}
        if not self._is_due or not is_free or self.refusal:
            return False
        self.light(self.terms.timeout_s, self.terms.symbols)
        return True

    async def _found(self, *, is_first: bool) -> DeadManSwitch | None:
        """How the exchange's timer stands; None without an answer, which is said once."""
        try:
            return await self._gateway.dead_man_switch()
        except TernError as error:
            sentence = error.sentence
        except Exception as error:  # noqa: BLE001 - reported; it is asked again
            self._owner.report("query", error)
            sentence = _OWN_ERROR
        if is_first:
            self._note(NoticeLevel.INFO, f"Whether a fuse burns is not known. {sentence}")
        return None

    # Commands --------------------------------------------------------------------------------

    def light(self, timeout_s: int, symbols: tuple[Symbol, ...] = ()) -> str:
        """Light it; answers why not, empty when it is being lit. A burning one is set anew."""
        problem = self.refusal or _terms_problem(timeout_s, symbols)
        if problem:
            return problem
        self._is_wanted, self._is_due = True, False
        self._due_s = self._clock.monotonic_s()
        if self._status.state in _BURNING and self._is_running:
            state = self._status.state
            if state is FuseState.ENDING:
                state = FuseState.NOT_RENEWED
            self._status = replace(self._status, state=state, timeout_s=timeout_s, symbols=symbols)
        else:
            self._status = FuseStatus(FuseState.LIGHTING, timeout_s, symbols)
            self._theirs_acts_at = None
            self._failures = 0
            self._at_risk.clear()
        self._run()
        return ""

    def put_out(self) -> None:
        """Tell the exchange not to cancel. Tried until it says yes, or its time has passed."""
        if self._status.state is FuseState.OFF or self.silence:
            return
        self._is_due = False
        if self._status.state is FuseState.BLOWN:
            self._set(FuseStatus())
            return
        self._end()

    def _end(self) -> None:
        self._is_wanted = False
        self._failures = 0
        self._due_s = self._clock.monotonic_s()
        self._set(replace(self._status, state=FuseState.ENDING, why=""))
        self._run()

    async def end(self, limit_s: float) -> str:
        """Put it out and wait; answers what the user must know when that did not work in time."""
        if self.is_burning:
            self.put_out()
        return await self._ended_within(limit_s)

    @property
    def warning(self) -> str:
        """What happens if the program ends now; empty when nothing does."""
        if not self.is_burning:
            return ""
        left_s = self.left_s
        when = "in less than its time" if left_s is None else f"in {left_s:.0f} s"
        also = ", stops too," if self.terms.stops is StopsFate.CANCELED else ""
        return (
            f"The fuse is not out. {self._status.why} The exchange cancels your orders{also} "
            f"{when}, unless it is put out before."
        ).replace("  ", " ")

    def _run(self) -> None:
        if not self._is_running:
            self._is_running = True
            self._owner.spawn("burn", self._burn())
        self._tell()

    # Burning ---------------------------------------------------------------------------------

    async def _burn(self) -> None:
        try:
            await self._burn_until_over()
        finally:
            self._is_running = False
            self._tell()

    async def _burn_until_over(self) -> None:
        """One task asks everything, one thing after the other: no renewal overtakes an end."""
        watch = SleepWatch(self._clock)
        while self._status.state not in {FuseState.OFF, FuseState.BLOWN}:
            if watch.slept():
                self._doubt("The machine slept: asking whether it still burns.")
            elif self._has_passed() and self._status.state is not FuseState.CHECKING:
                self._doubt("Its time has passed without renewal: asking what became of it.")
            if self._clock.monotonic_s() >= self._due_s:
                await self._act()
                watch.slept()  # what a request took was no sleep of the machine
                continue
            wait_s = min(LOOK_S, self._due_s - self._clock.monotonic_s())
            await self._pulse.until(partial(self._is_news, self._is_wanted, self._due_s), wait_s)

    def _is_news(self, was_wanted: bool, was_due_s: float) -> bool:  # noqa: FBT001 - a state before
        return self._is_wanted is not was_wanted or self._due_s < was_due_s

    async def _act(self) -> None:
        if self._status.state is FuseState.CHECKING:
            await self._check()
        elif self._is_wanted:
            await self._renew()
        else:
            await self._extinguish()

    def _doubt(self, why: str) -> None:
        """Nothing is claimed until the exchange was asked."""
        self._failures = 0
        now_ms, acts_at = self._clock.now_ms(), self._status.acts_at
        self._due_s = self._clock.monotonic_s()
        if acts_at is not None and 0 <= now_ms - acts_at < MARGIN_MS:
            self._due_s += (acts_at + MARGIN_MS - now_ms) / 1000
        self._set(replace(self._status, state=FuseState.CHECKING, why=why))

    async def _renew(self) -> None:
        status = self._status
        sent_at = self._clock.now_ms()
        if status.state is FuseState.LIGHTING and status.acts_at is None and self.refusal:
            self._not_lit(self.refusal)  # it may not be lit any more, and nothing burns yet
            return
        renewal = await self._renewal(status.timeout_s, status.symbols)
        outcome = renewal.outcome
        if isinstance(outcome, Accepted):
            self._renewed(renewal, sent_at)
            return
        is_first = status.state is FuseState.LIGHTING
        acts_at = status.acts_at
        if isinstance(outcome, Unknown):
            self._unsettled_until_s = self._clock.monotonic_s() + SETTLED_S
            if acts_at is None:
                acts_at = TimestampMs(sent_at + status.timeout_s * 1000)
        elif is_first:
            self._not_lit(outcome.sentence)
            return
        if self._failures == 0:
            self._note(NoticeLevel.WARNING, f"The fuse was not renewed. {outcome.sentence}")
        self._retry(self._period_s())
        if self._is_wanted:
            words = f"Not renewed: {outcome.sentence}"
            self._set(
                replace(self._status, state=FuseState.NOT_RENEWED, acts_at=acts_at, why=words)
            )
        else:
            self._due_s = self._clock.monotonic_s()
            self._set(replace(self._status, acts_at=acts_at))

    def _not_lit(self, why: str) -> None:
        self._is_wanted = False
        status, words = self._status, f"The fuse is not lit. {why}"
        self._note(NoticeLevel.WARNING, words)
        self._set(FuseStatus(FuseState.OFF, status.timeout_s, status.symbols, why=words))

    def _renewed(self, renewal: Renewal, sent_at: TimestampMs) -> None:
        """Count its time from when we asked, by the exchange's own two times where it told them."""
        times, before = renewal.times, self._theirs_acts_at
        span_ms = self._status.timeout_s * 1000
        if times is not None:
            span_ms = times.acts_at - times.set_at
            self._theirs_acts_at = times.acts_at
        if times is not None and before is not None and times.set_at > before:
            self._blow("It was renewed too late.", is_to_be_put_out=True)
            return
        if self._failures:
            self._note(NoticeLevel.INFO, "The fuse is renewed again.")
        elif self._status.state is FuseState.LIGHTING:
            self._note(NoticeLevel.INFO, f"The fuse is lit: {self._status.timeout_s} s.")
        self._failures = 0
        acts_at = TimestampMs(sent_at + span_ms)
        self._due_s = self._clock.monotonic_s() + span_ms / 1000 / RENEWALS
        self._at_risk = {order.client_oid for order in self._in_scope()}
        state = FuseState.LIT if self._is_wanted else FuseState.ENDING
        if not self._is_wanted:
            self._due_s = self._clock.monotonic_s()
        self._set(replace(self._status, state=state, acts_at=acts_at, why=""))

    async def _check(self) -> None:
        """Ask how the exchange's timer stands, and go on from its word."""
        try:
            found = await self._gateway.dead_man_switch()
        except TernError as error:
            self._retry(RETRY_S[-1])
            self._set(replace(self._status, why=f"Not known whether it burns. {error.sentence}"))
            return
        except Exception as error:  # noqa: BLE001 - reported; the fuse must go on being looked after
            self._owner.report("query", error)
            self._retry(RETRY_S[-1])
            return
        self._failures = 0
        self._due_s = self._clock.monotonic_s()
        if found.timeout_s is None:
            if self._has_passed():
                self._blow("", is_to_be_put_out=False)
            else:
                words = "Somebody else has put the fuse out."
                self._note(NoticeLevel.WARNING, words)
                self._is_wanted = False
                self._set(replace(self._status, state=FuseState.OFF, acts_at=None, why=words))
            return
        # It burns: a renewal whose answer was lost has reached the exchange.
        self._theirs_acts_at = None
        acts_at = TimestampMs(self._clock.now_ms() + MARGIN_MS)
        if not self._has_passed() and self._status.acts_at is not None:
            acts_at = self._status.acts_at
        state = FuseState.NOT_RENEWED if self._is_wanted else FuseState.ENDING
        self._set(replace(self._status, state=state, acts_at=acts_at, why="It burns; renewing."))

    async def _extinguish(self) -> None:
        try:
            outcome = await self._gateway.set_dead_man_switch(None)
        except Exception as error:  # noqa: BLE001 - reported; it must be put out all the same
            self._owner.report("put out", error)
            self._retry(RETRY_S[-1])
            self._set(replace(self._status, why=_OWN_ERROR))
            return
        if self._is_wanted:  # lit again meanwhile
            self._set(replace(self._status, state=FuseState.LIGHTING, acts_at=None))
            self._due_s = self._clock.monotonic_s()
        elif not isinstance(outcome, Accepted):
            if self._failures == 0:
                words = f"The fuse could not be put out: trying again. {outcome.sentence}"
                self._note(NoticeLevel.WARNING, words)
            self._retry(RETRY_S[-1])
            self._set(replace(self._status, why=outcome.sentence))
        elif self._clock.monotonic_s() < self._unsettled_until_s:
            # A renewal whose answer was lost might still be carried out: once more after that.
            self._due_s = self._unsettled_until_s
            self._tell()
        else:
            self._note(NoticeLevel.INFO, "The fuse is out.")
            self._set(FuseStatus())
            self._begin()  # it may be wanted again by now

    def _retry(self, longest_s: float) -> None:
        wait_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        self._due_s = self._clock.monotonic_s() + min(wait_s, longest_s)

    def _period_s(self) -> float:
        return max(1.0, self._status.timeout_s / RENEWALS)

    async def _renewal(self, timeout_s: int, symbols: tuple[Symbol, ...]) -> Renewal:
        try:
            return await self._gateway.renew_dead_man_switch(timeout_s, symbols)
        except Exception as error:  # noqa: BLE001 - reported; it is renewed again in a moment
            self._owner.report("renew", error)
            return Renewal(Unknown(_OWN_ERROR), None)

    # Blown -----------------------------------------------------------------------------------

    def _blow(self, why: str, *, is_to_be_put_out: bool) -> None:
        self._at_risk |= {order.client_oid for order in self._in_scope()}
        self._is_wanted = False
        also = {
            StopsFate.CANCELED: "Stops went too: look after your positions.",
            StopsFate.KEPT: "Waiting stops were kept.",
        }.get(self.terms.stops, "")
        words = f"The fuse has blown: the exchange has canceled the orders. {why} {also}"
        words = " ".join(words.split())
        self._set(replace(self._status, state=FuseState.BLOWN, why=words, canceled=self._ended()))
        self._owner.spawn("count", self._count(words))
        if is_to_be_put_out:
            self._owner.spawn("put out", self._put_out_blown())

    async def _put_out_blown(self) -> None:
        """What was renewed after it had blown must not blow a second time."""
        for wait_s in RETRY_S:
            if isinstance(await self._gateway.set_dead_man_switch(None), Accepted):
                return
            await self._clock.sleep(wait_s)
        self._note(NoticeLevel.WARNING, "The exchange's timer could not be switched off.")

    async def _count(self, words: str) -> None:
        """Say how many orders it took, as soon as the orders are known again."""
        deadline_s = self._clock.monotonic_s() + COUNT_WAIT_S
        while not self._desk.is_trusted and self._clock.monotonic_s() < deadline_s:
            await self._clock.sleep(LOOK_S)
        ended = self._ended()
        noun = "order" if ended == 1 else "orders"
        self._note(NoticeLevel.ERROR, f"{words} {ended} {noun} ended.")
        self._on_orders()

    def _on_orders(self) -> None:
        if self._status.state is FuseState.BLOWN and self._ended() != self._status.canceled:
            self._set(replace(self._status, canceled=self._ended()))

    def _ended(self) -> int:
        """Orders that were at risk and ended canceled when the fuse blew or after."""
        acts_at = self._status.acts_at
        orders = (self._desk.orders.get(oid) for oid in self._at_risk)
        return sum(
            order is not None
            and order.state is OrderState.CANCELED
            and (
                acts_at is None
                or order.updated_at is None
                or to_ms(order.updated_at) >= acts_at - MARGIN_MS
            )
            for order in orders
        )

    def _in_scope(self) -> list[Order]:
        symbols = self._status.symbols
        return [o for o in self._desk.working() if not symbols or o.symbol in symbols]

    # Telling ---------------------------------------------------------------------------------

    def _set(self, status: FuseStatus) -> None:
        self._status = status
        self._tell()

    def _tell(self) -> None:
        self._pulse.beat()
        self.on_changed.notify()

    def _note(self, level: NoticeLevel, words: str) -> None:
        self._notices.post(level, "orders", words)


def _terms_problem(timeout_s: int, symbols: tuple[Symbol, ...]) -> str:
    if not SHORTEST_S <= timeout_s <= LONGEST_S:
        return f"The time is {SHORTEST_S} to {LONGEST_S} seconds."
    if len(symbols) > MOST_SYMBOLS:
        return f"At most {MOST_SYMBOLS} contracts."
    return ""
