"""A mouse walks over a ladder in every mode: what is sent is what the last frame has shown.

The law: a gesture sends at most one order, and that is the one that was shown under the pointer -
side, kind, price in ticks, lots, flags, lane, exits - or nothing is sent and a sentence says why.
What can open needs an armed mouse; locked or watching only, nothing is entered at all; own orders
can always be canceled but by who only watches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from terminal.domain.access import Access
from terminal.domain.events import PositionSide
from terminal.domain.ladder_habits import OtherButton
from terminal.viewmodels.ladder_clicks import Button
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_options import Centering
from tests.support.covering import covering
from tests.support.mouse_meaning import (
    Meaning,
    World,
    click_means,
    exit_means,
    flags_disagree,
    meaning_of,
    order_disagrees,
    order_of,
    rests,
)
from tests.support.mouse_scene import (
    ASK,
    BID,
    COLLAR,
    ENTRY_TICK,
    HELD_LONG,
    HELD_SHORT,
    OWN_BUY,
    OWN_SELL,
    SECOND_LOTS,
    SEVERAL,
    Scene,
    a_scene,
    habits,
)

if TYPE_CHECKING:
    from tests.support.mouse_scene import Came

pytestmark = pytest.mark.usefixtures("qapp")
C = LadderColumn
TRADED, OWN = (C.BID, C.ASK), (C.OWN_BID, C.OWN_ASK)


class Mode(NamedTuple):
    """What a click may send in a mode: what opens, what only reduces, cancels."""

    opens: bool
    reduces: bool = True
    cancels: bool = True
    lane: PositionSide | None = None
    post: bool = False
    reduce: bool = False
    exits: bool = False
    step: int = 1
    lots: int = HELD_LONG


NOTHING = Mode(opens=False, reduces=False)
MODES = {
    "disarmed": NOTHING,
    "keyboard armed": NOTHING,
    "mouse armed": Mode(opens=True),
    "both armed": Mode(opens=True),
    "locked": NOTHING,
    "stale": Mode(opens=False),
    "watch only": Mode(opens=False, reduces=False, cancels=False),
    "trading off": NOTHING,
    "turned off": Mode(opens=False),
    "list open": NOTHING,
    "grabbing": Mode(opens=True),
    "dragging": NOTHING,
    "held": NOTHING,
    "long lane": Mode(opens=True, lane=PositionSide.LONG),
    "short lane": Mode(opens=True, lane=PositionSide.SHORT, lots=HELD_SHORT),
    "exits on": Mode(opens=True, exits=True),
    "post-only": Mode(opens=True, post=True),
    "reduce-only": Mode(opens=True, reduce=True),
    "drifting": Mode(opens=True),
    "centered": Mode(opens=True),
    "just moved": NOTHING,
    "grouped": Mode(opens=True, step=5),
    "second ladder": NOTHING,
    "flat": Mode(opens=True, lots=0),
}
"""Where one is on its way already (list, drag, held) the gesture itself sends nothing."""
ROWS = {
    "beyond above": ASK + 9, "own sell": OWN_SELL, "through above": ASK + 2, "best ask": ASK,
    "inside": ASK - 2, "best bid": BID, "entry": ENTRY_TICK, "own buy": OWN_BUY,
    "several": SEVERAL, "deep": 994, "beyond below": BID - 9, "outside": None,
}  # fmt: skip
HELD = Meaning("buy", "limit", ROWS["deep"], 1)
"""What is on its way in the mode of that name; it is sent as it was, or said to be dropped."""
FACTORS: dict[str, list[Any]] = {
    "mode": [*MODES],
    "column": [*TRADED, *TRADED, *TRADED, *OWN, C.PRICE, C.PNL, C.NOTES, C.VOLUME, C.BID_TRADES],
    "row": [*ROWS],
    "button": [*Button],
    "held": ["", "", "Shift", "Ctrl", "Shift+Ctrl", "Alt"],
    "let go": ["here", "here", "a row below", "outside"],
    "release": [False, True],
    "hold": [False, True],
    "other": [*OtherButton],
    "place": [False, True],
    "framed": [True, True, True, False],
}
GROUPS = [
    ("mode", "column", "button"),
    ("mode", "row"),
    ("column", "row", "place"),
    ("column", "button", "other"),
    ("column", "let go", "release", "hold"),
    ("mode", "held"),
    ("mode", "let go", "release"),
    ("mode", "hold"),
]
SENDING = {
    **FACTORS,
    "mode": [mode for mode, rule in MODES.items() if rule.opens or rule.lane],
    "column": [*TRADED],
    "row": [name for name, tick in ROWS.items() if tick is not None],
    "held": ["", "", "", "Shift", "Ctrl"],
    "let go": ["here"],
    "framed": [True],
}
"""Gestures that send something where anything may be sent."""
SENDING_GROUPS = [
    ("mode", "row"),
    ("mode", "column"),
    ("mode", "release", "hold"),
    ("mode", "held", "place"),
    ("mode", "button", "other"),
    ("column", "button", "other", "held"),
    ("column", "row", "held", "place"),
]


def cases_of(seed: int) -> dict[str, list[dict[str, Any]]]:
    """The gestures of each mode."""
    found: dict[str, list[dict[str, Any]]] = {mode: [] for mode in MODES}
    for factors, groups in ((FACTORS, GROUPS), (SENDING, SENDING_GROUPS)):
        for case in covering(factors, groups, seed):
            found[case["mode"]].append(case)
    return found


CASES = cases_of(1)


async def enter(scene: Scene, mode: str) -> None:
    """Into a mode, with the mouse armed where the mode does not say otherwise."""
    await scene.begin_anew()
    ladder, rule = scene.ladder, MODES[mode]
    if mode == "second ladder":
        ladder.toggle_mouse()
        ladder.toggle_keyboard()
        scene.second_ladder().set_hovered(True)
        scene.tick()
        return
    if mode == "keyboard armed":
        ladder.toggle_keyboard()
    elif mode != "disarmed":
        ladder.toggle_mouse()
    if mode in {"both armed", "grabbing"}:
        ladder.toggle_keyboard()
    if rule.lane is not None:
        ladder.take_lane(rule.lane)
    for is_on, toggle in (
        (rule.post, ladder.toggle_post_only),
        (rule.reduce, ladder.toggle_reduce_only),
        (rule.exits, ladder.toggle_exits),
    ):
        if is_on:
            toggle()
    while ladder.axis.step < rule.step:
        ladder.step(finer=False)
    if mode == "turned off":
        scene.bench.trading.access = Access.REDUCING
    await begin(scene, mode)


async def begin(scene: Scene, mode: str) -> None:
    """What hands or the market have begun in a mode when the gesture comes."""
    ladder = scene.ladder
    if mode == "drifting":
        ladder.set_options(replace(ladder.options, centering=Centering.DRIFT))
    elif mode in {"centered", "just moved"}:
        ladder.set_options(replace(ladder.options, centering=Centering.ALWAYS))
    scene.tick()
    scene.time.now_s += 1
    if mode == "just moved":
        ladder.recenter()
        ladder.scroll(3)
        scene.tick()
    if mode == "list open":
        here = scene.spot(SEVERAL, C.OWN_BID)
        await scene.gesture(here, Button.LEFT)
        scene.tick()
        assert ladder.view.own_list is not None
    if mode == "dragging":
        ladder.mouse_moved(scene.spot(OWN_BUY, C.OWN_BID))
        scene.press_at(scene.spot(OWN_BUY, C.OWN_BID), Button.LEFT)
        ladder.mouse_moved(scene.spot(OWN_BUY - 2, C.OWN_BID))
        scene.tick()
        assert ladder.mouse.drag.now is not None
    if mode == "grabbing":
        ladder.axis.place_cursor(OWN_BUY)
        scene.press("G")
        assert ladder.trading.grab is not None
        scene.tick()


async def play(scene: Scene, mode: str, case: dict[str, Any]) -> list[str]:
    """One gesture in a mode; by what it broke the law, nothing where it did not."""
    await enter(scene, mode)
    own = {name: case[name] for name in ("release", "hold", "other", "place")}
    if mode == "held":
        scene.ladder.habits = habits(**{**own, "hold": True, "release": False})
        scene.ladder.mouse_moved(scene.spot(HELD.tick, C.BID))
        scene.tick()
        scene.press_at(scene.spot(HELD.tick, C.BID), Button.LEFT)
        assert scene.ladder.holding.is_holding
        scene.tick()
    else:
        scene.pointed.habits = habits(**own)
    row = ROWS[case["row"]]
    if row is not None and not any(one.price == row for one in scene.pointed.view.rows):
        assert mode in {"grouped", "just moved"}
    spot = scene.spot(row, case["column"], case["held"])
    release = None
    if case["let go"] == "outside":
        release = scene.spot(None, case["column"])
    elif case["let go"] == "a row below" and spot.row is not None:
        release = spot._replace(row=spot.row + 1)
    came = await scene.gesture(spot, case["button"], release, framed=case["framed"])
    return [*judge(mode, case, came)]


def judge(mode: str, case: dict[str, Any], came: Came) -> list[str]:
    """The law, with what was meant by the keys page and what the frame had said."""
    rule, broken = MODES[mode], list[str]()
    sent = [meaning_of(ticket) for ticket in came.sent]
    if mode == "held" and HELD in sent:
        sent.remove(HELD)
    elif mode == "held" and not came.said:
        broken.append("what was held is gone without a word")
    meant, world = meaning(rule, case)
    if len(sent) > 1 or (sent and came.cancels):
        broken.append("more than one command")
    if came.cancels and not rule.cancels:
        broken.append("a cancel of who only watches")
    broken += [*of_sent(rule, meant, case, came, sent)]
    if not sent and not came.cancels and not came.said:
        if meant is not None:
            broken.append("nothing was sent without a word")
        elif rule.opens and case["button"] is Button.OTHER and ", right:" in came.shown.hover:
            broken.append(f"announced and not sent, without a word: {came.shown.hover!r}")
    if case["column"] in TRADED and not came.sent and rule.opens and came.shown.hover:
        is_plain = case["let go"] == "here" and not came.shown.is_danger
        if meant is not None and is_plain and rests(world, meant) and mode != "grabbing":
            broken.append("what was shown and meant was not sent")
    broken += [*of_own(mode, case, came)]
    return broken


def meaning(rule: Mode, case: dict[str, Any]) -> tuple[Meaning | None, World]:
    """What a gesture asks for by the keys page, and where."""
    column, button, tick = case["column"], case["button"], ROWS[case["row"]]
    world = World(
        BID, ASK, COLLAR, rule.step, 1, SECOND_LOTS, rule.lots, rule.lane, rule.post, rule.reduce,
        rule.exits, case["place"],
    )  # fmt: skip
    if tick is None:
        return None, world
    if column is C.PNL:
        is_asked = (
            button is Button.LEFT and case["mode"] != "second ladder"
        )  # which knows no result
        return (exit_means(world, tick) if is_asked else None), world
    return click_means(world, tick, column, button, case["held"], case["other"]), world


def of_sent(
    rule: Mode, meant: Meaning | None, case: dict[str, Any], came: Came, sent: list[Meaning]
) -> list[str]:
    """What was sent against what was meant and what was shown."""
    broken: list[str] = []
    for one in sent:
        if one != meant:
            broken.append(f"meant {meant}, sent {one}")
        if not (rule.reduces if one.reduces else rule.opens):
            broken.append("sent in a mode that sends no such thing")
        if case["framed"]:
            words = order_of(came.shown.hover, case["button"])
            if (why := order_disagrees(words, one)) or (why := flags_disagree(words, one)):
                broken.append(f"{why}: {came.shown.hover!r} for {one}")
    if case["release"] and came.early:
        broken.append("sent before the button was let go")
    if case["hold"] and came.at_once:
        broken.append("sent before the time of holding back was over")
    return broken


def of_own(mode: str, case: dict[str, Any], came: Came) -> list[str]:
    """Cancels come from own columns alone, one order at a time; several are asked about."""
    column, broken = case["column"], list[str]()
    if len(came.cancels) > 1:
        broken.append("several were canceled")
    is_entered = mode in {"list open", "dragging"}
    if came.cancels and column not in OWN and not is_entered:
        broken.append(f"a cancel from the column {column.value}")
    at = (case["row"], column)
    if case["button"] is not Button.LEFT or is_entered or case["let go"] != "here":
        return broken
    if not MODES[mode].cancels or mode == "just moved":
        return broken
    if at in {("own buy", C.OWN_BID), ("own sell", C.OWN_ASK)} and not came.cancels:
        broken.append("an own order that was clicked is not canceled")
    if at == ("several", C.OWN_BID) and not came.asks:
        broken.append("several were not asked about")
    return broken


async def walked(
    mode: str, cases: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """All that gestures in a mode broke."""
    rule, found = MODES[mode], list[str]()
    async with a_scene(monkeypatch, is_hedged=rule.lane is not None, lots=rule.lots) as scene:
        if mode == "locked":
            scene.lock.lock()
        if mode == "stale":
            scene.bench.touch = None
            scene.desktop.market_stream.drop()
        if mode in {"watch only", "trading off"}:
            watches = mode == "watch only"
            scene.bench.trading.access = Access.WATCH_ONLY if watches else Access.REDUCING
        for case in cases:
            if mode == "turned off":
                scene.bench.trading.access = Access.FULL
            found += [f"{broken}\n    {case}" for broken in await play(scene, mode, case)]
        if rule.opens and len(cases) > len(A_CLICK):
            assert scene.placed, "a walk in which nothing is sent shows nothing"
    return found


@pytest.mark.parametrize("mode", MODES)
async def test_what_a_gesture_sends_is_what_was_shown(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await walked(mode, CASES[mode], monkeypatch)
    assert not found, f"{len(found)} of {len(CASES[mode])}:\n" + "\n".join(found)


@pytest.mark.nightly
@pytest.mark.parametrize("mode", MODES)
async def test_what_any_gesture_sends_is_what_was_shown(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every column, row, button and modifier in every mode; the habits take turns."""
    factors = {**FACTORS, "mode": [mode]}
    groups = [("column", "row", "button"), ("column", "button", "held", "let go")]
    more = [("column", "row", "button", "held", "other"), ("column", "row", "held", "place")]
    cases = covering(factors, groups, 2) + covering({**SENDING, "mode": [mode]}, more, 3)
    found = list[str]()
    every = len(cases) // 200 + 1
    for first in range(every):  # what has ended is remembered, and slows a ladder
        found += await walked(mode, cases[first::every], monkeypatch)
    assert not found, f"{len(found)} of {len(cases)}:\n" + "\n".join(found[:20])


A_CLICK = {
    "column": C.ASK, "row": "through above", "button": Button.LEFT, "held": "", "let go": "here",
    "release": False, "hold": False, "other": OtherButton.NOTHING, "place": False, "framed": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "changes"),
    [
        *(
            pytest.param(mode, {}, id=mode)
            for mode in ("long lane", "short lane", "exits on", "post-only", "reduce-only")
        ),
        *(
            pytest.param(
                "mouse armed",
                {"column": C.PNL, **more},
                id=f"result, {name}",
            )
            for name, more in (
                ("a limit", {}),
                ("a stop", {"row": "deep"}),
                ("on release", {"release": True}),
                ("held back", {"hold": True}),
            )
        ),
        *(
            pytest.param(
                "mouse armed",
                {"button": Button.OTHER, "held": held, "other": other, "row": row},
                id=f"{row}, {held}, {other.value}",
            )
            for held, other, row in (
                ("Ctrl", OtherButton.SECOND_SIZE, "through above"),
                ("Ctrl", OtherButton.NET_SIZE, "through above"),
                ("Shift", OtherButton.NET_SIZE, "through above"),
                ("", OtherButton.NET_SIZE, "beyond below"),
            )
        ),
    ],
)
async def test_the_mark_says_all_of_it(
    mode: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = {**A_CLICK, "mode": mode, **changes}
    assert not await walked(mode, [case], monkeypatch)
