"""Objects of the exchange as JSON values, and back into an exchange that was just made.

Whatever the market, trading and engine rooms keep is written down by the names of its attributes,
each object once; what else they hold (clock, listeners, switches, specifications, callbacks) is not
state and is kept as the new exchange has it. So nothing is forgotten that somebody adds to a class,
and what cannot be written is an error and no hole. Objects that the new exchange has at the same
place are filled, so that whoever knows them goes on knowing the right ones; all others are made.
No code is named in what is written but methods of these classes, for the timers.
"""

from __future__ import annotations

import base64
import dataclasses
import itertools
import random
import struct
import zlib
from array import array
from collections import deque
from decimal import Decimal
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.clock import Timer
from terminal.simexchange.trading.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_HOME = "terminal.simexchange."
_ROOMS = ("market", "trading", "engine")
_KEPT_CLASSES = frozenset({"ContractSpec", "Past", "PricePath", "Dice", "Broadcast"})
"""Functions of seed and opening, and what listeners were told: not state."""
_NOT_KEPT: Mapping[str, frozenset[str]] = {
    "Market": frozenset({"_day", "funding_ms", "snapshot_lag"}),
    "Settlements": frozenset({"lasts_s"}),
    "Accounts": frozenset({"keys"}),
    "Timeline": frozenset({"_of"}),  # the same rows once more: half of a long history
    "Series": frozenset({"_nodes", "_minutes", "_hours", "_averages"}),
    "CandleStore": frozenset({"_whole", "_forming"}),
}
"""What is worked out again when somebody asks, what the options of a run say, and the keys, which
are written apart."""
_COUNTERS: Mapping[str, frozenset[str]] = {
    "OrderNumbers": frozenset({"_last"}),
    "Closings": frozenset({"_last"}),
    "Ledger": frozenset({"_offset"}),
    "Market": frozenset({"_ids", "_first_trade"}),
    "MatchingBook": frozenset({"sequence"}),
    "Wallet": frozenset({"version"}),
}
"""What numbers the things that clients are told; so is every ``itertools.count``."""
_PLAIN = frozenset({type(None), bool, int, str})
"""What is its own JSON."""
_CALLS = (FunctionType, BuiltinFunctionType, partial, type)
_MISSING = object()
_KEEP: list[Any] = []
_WORDS = struct.Struct("<625I")


class StateError(Exception):
    """A state cannot be written, or does not fit this program; the text says why."""


@final
class Writer:
    """Writes values of one exchange; an object that comes again is named by its number.

    ``timers`` are those that wait; an object that holds one of them names its place among them.
    """

    def __init__(self, timers: Iterable[Timer] = ()) -> None:
        self._numbers: dict[int, int] = {}
        self._timers = {id(timer): place for place, timer in enumerate(timers)}
        self._classes: dict[type, int] = {}
        self._columns: dict[type, tuple[str, ...]] = {}
        self.classes: list[list[Any]] = []
        """Name and columns of each class, in the order of their numbers."""
        self._writers: dict[type, Callable[[Any], Any]] = {
            Decimal: lambda value: ["d", str(value)],
            float: _float,
            list: self._list,
            tuple: self._tuple,
            dict: self._dict,
            set: self._set,
            frozenset: lambda value: ["z", *sorted(map(self.value, value), key=repr)],
            deque: self._deque,
            array: _array,
            random.Random: _random,
            itertools.count: lambda value: ["c", int(repr(value)[6:-1])],
            MethodType: self._owner,
            Timer: lambda value: ["T", self._timers.get(id(value), -1)],
            **dict.fromkeys(_PLAIN, _same),
            **dict.fromkeys(_CALLS, _kept),
        }

    def value(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """A value as JSON. Raises ``StateError`` for what is no value of an exchange."""
        kind = type(value)
        write = self._writers.get(kind)
        if write is None:
            write = self._writers[kind] = self._writer(kind)
        return write(value)

    def call(self, call: object) -> Any:  # noqa: ANN401 - JSON
        """What a timer calls: a method of an object of the rooms, with arguments; else None."""
        arguments: tuple[Any, ...] = ()
        if isinstance(call, partial):
            if call.keywords:
                raise StateError(f"{call!r} has arguments by name")
            arguments, call = call.args, call.func
        if not isinstance(call, MethodType) or not is_of_rooms(type(call.__self__)):
            return None
        name: str = call.__func__.__name__
        return [self.value(call.__self__), name, *map(self.value, arguments)]

    def _writer(self, kind: type) -> Callable[[Any], Any]:
        if not is_of_rooms(kind):
            if kind.__module__.startswith(_HOME):
                return _kept
            raise StateError(f"{kind.__module__}.{kind.__name__} cannot be written")
        if issubclass(kind, tuple):
            return partial(self._row, self._class(kind, kind._fields))  # type: ignore[attr-defined] # NamedTuple
        slots = _slots(kind)
        if slots and "__dict__" not in dir(kind):
            return partial(self._slotted, self._class(kind, slots), slots)
        return partial(
            self._object, self._class(kind, ()), _NOT_KEPT.get(kind.__name__, frozenset())
        )

    def _class(self, kind: type, columns: Iterable[str]) -> int:
        self.classes.append([f"{kind.__module__.removeprefix(_HOME)}.{kind.__name__}", *columns])
        return len(self.classes) - 1

    def _number(self, value: object) -> tuple[int, bool]:
        """The number of an object, and whether it was written already."""
        numbers = self._numbers
        new = len(numbers)
        number = numbers.setdefault(id(value), new)
        return number, number != new

    def _each(self, row: list[Any], values: Iterable[Any]) -> list[Any]:
        row.extend(held if type(held) in _PLAIN else self.value(held) for held in values)
        return row

    def _tuple(self, value: tuple[Any, ...]) -> list[Any]:
        return self._each(["t"], value)

    def _row(self, kind: int, value: tuple[Any, ...]) -> list[Any]:
        return self._each(["n", kind], value)

    def _slotted(self, kind: int, slots: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 - JSON
        number, is_known = self._number(value)
        if is_known:
            return ["@", number]
        return self._each(["o", number, kind], [getattr(value, name) for name in slots])

    def _object(self, kind: int, skipped: frozenset[str], value: Any) -> Any:  # noqa: ANN401 - JSON
        number, is_known = self._number(value)
        if is_known:
            return ["@", number]
        found = {}
        for name, held in vars(value).items():
            if name not in skipped and (written := self.value(held)) != _KEEP:
                found[name] = written
        return ["O", number, kind, found]

    def _list(self, value: list[Any]) -> Any:  # noqa: ANN401 - JSON
        number, is_known = self._number(value)
        return ["@", number] if is_known else self._each(["l", number], value)

    def _deque(self, value: deque[Any]) -> Any:  # noqa: ANN401 - JSON
        number, is_known = self._number(value)
        return ["@", number] if is_known else self._each(["q", number, value.maxlen], value)

    def _set(self, value: set[Any]) -> Any:  # noqa: ANN401 - JSON
        number, is_known = self._number(value)
        return (
            ["@", number] if is_known else ["s", number, *sorted(map(self.value, value), key=repr)]
        )

    def _dict(self, value: dict[Any, Any]) -> Any:  # noqa: ANN401 - JSON
        number, is_known = self._number(value)
        if is_known:
            return ["@", number]
        written = ["m", number]
        for key, held in value.items():
            written.append(key if type(key) in _PLAIN else self.value(key))
            written.append(held if type(held) in _PLAIN else self.value(held))
        return written

    def _owner(self, value: MethodType) -> Any:  # noqa: ANN401 - JSON
        """A callback stays as it is; the object that it belongs to has state."""
        return ["b", self.value(value.__self__)] if is_of_rooms(type(value.__self__)) else _KEEP


@final
class Reader:
    """Reads what a ``Writer`` wrote; ``timers`` are those that it was given, in their order.

    ``leap`` is what every counter goes on by.
    """

    def __init__(
        self, classes: Iterable[Any], known: Mapping[str, type], timers: list[Timer], leap: int
    ) -> None:
        self._leap = leap
        self._objects: dict[int, Any] = {}
        self._filled: set[int] = set()
        self._classes = [self._class(row, known) for row in classes]
        self._readers: dict[str, Callable[[list[Any], Any], Any]] = {
            "d": lambda row, _: Decimal(row[1]),
            "f": lambda row, _: float(row[1]),
            "t": self._tuple,
            "z": lambda row, _: frozenset(self.value(one) for one in row[1:]),
            "l": self._list,
            "q": self._deque,
            "s": self._set,
            "m": self._dict,
            "a": _array_of,
            "r": _random_of,
            "c": lambda row, _: itertools.count(row[1] + self._leap),
            "n": self._row,
            "o": self._slotted,
            "O": self._object,
            "b": self._owner,
            "T": lambda row, _: timers[row[1]],
            "@": lambda row, _: self._objects[row[1]],
        }

    def value(self, written: Any, existing: Any = _MISSING) -> Any:  # noqa: ANN401 - any value
        """The value; objects of the exchange that are there (``existing``) are filled."""
        if type(written) is not list:
            return written
        if not written:
            if existing is _MISSING:
                raise StateError("something is missing that the exchange should have")
            return existing
        return self._readers[written[0]](written, existing)

    def call(self, written: list[Any]) -> Callable[[], None]:
        """What a timer calls."""
        owner, name, *arguments = written
        target = self.value(owner)
        if not (
            is_of_rooms(type(target)) and isinstance(vars(type(target)).get(name), FunctionType)
        ):
            raise StateError(f"there is no method {name}")
        return partial(getattr(target, name), *map(self.value, arguments))

    @staticmethod
    def _class(row: list[Any], known: Mapping[str, type]) -> tuple[type, list[str], frozenset[str]]:
        kind = known.get(row[0])
        if kind is None:
            raise StateError(f"there is no {row[0]}")
        return kind, row[1:], _COUNTERS.get(kind.__name__, frozenset())

    def _taken(self, number: int, existing: object, kind: type[Any]) -> Any:  # noqa: ANN401 - any object
        """The object that is filled: the one that is there, or a new one."""
        found = existing
        if type(existing) is not kind or id(existing) in self._filled:
            found = object.__new__(kind) if is_of_rooms(kind) else kind()
        self._filled.add(id(found))
        self._objects[number] = found
        return found

    def _tuple(self, row: list[Any], existing: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any value
        old = existing if isinstance(existing, tuple) else ()
        return tuple(
            self.value(one, old[at] if at < len(old) else _MISSING)
            for at, one in enumerate(row[1:])
        )

    def _row(self, row: list[Any], existing: Any) -> Any:  # noqa: ANN401 - any value
        kind, columns, _ = self._classes[row[1]]
        old = existing if type(existing) is kind else None
        values = {
            name: self.value(one, _MISSING if old is None else getattr(old, name))
            for name, one in zip(columns, row[2:], strict=True)
        }
        return kind(**values)

    def _slotted(self, row: list[Any], existing: Any) -> Any:  # noqa: ANN401 - any object
        kind, columns, counters = self._classes[row[2]]
        target = self._taken(row[1], existing, kind)
        self._fill(target, zip(columns, row[3:], strict=True), counters)
        for name in _slots(kind):
            if not hasattr(target, name):
                object.__setattr__(target, name, _default(kind, name))
        return target

    def _object(self, row: list[Any], existing: Any) -> Any:  # noqa: ANN401 - any object
        kind, _, counters = self._classes[row[2]]
        target = self._taken(row[1], existing, kind)
        self._fill(target, row[3].items(), counters)
        if isinstance(target, Timeline):
            target.group()
        return target

    def _fill(
        self, target: object, rows: Iterable[tuple[str, Any]], counters: frozenset[str]
    ) -> None:
        for name, written in rows:
            value = self.value(written, getattr(target, name, _MISSING))
            if name in counters:
                value += self._leap
            object.__setattr__(target, name, value)

    def _list(self, row: list[Any], existing: Any) -> list[Any]:  # noqa: ANN401 - any value
        old = list(existing) if isinstance(existing, list) else []
        target: list[Any] = self._taken(row[1], existing, list)
        target[:] = [
            self.value(one, old[at] if at < len(old) else _MISSING)
            for at, one in enumerate(row[2:])
        ]
        return target

    def _deque(self, row: list[Any], existing: Any) -> deque[Any]:  # noqa: ANN401 - any value
        target: deque[Any] = self._taken(row[1], existing, deque)
        if target.maxlen != row[2]:
            target = self._objects[row[1]] = deque(maxlen=row[2])
        held = [self.value(one) for one in row[3:]]
        target.clear()
        target.extend(held)
        return target

    def _set(self, row: list[Any], existing: Any) -> set[Any]:  # noqa: ANN401 - any value
        target: set[Any] = self._taken(row[1], existing, set)
        held = [self.value(one) for one in row[2:]]
        target.clear()
        target.update(held)
        return target

    def _dict(self, row: list[Any], existing: Any) -> dict[Any, Any]:  # noqa: ANN401 - any value
        old = dict(existing) if isinstance(existing, dict) else {}
        target: dict[Any, Any] = self._taken(row[1], existing, dict)
        held = {}
        for place in range(2, len(row), 2):
            key = self.value(row[place])
            held[key] = self.value(row[place + 1], old.get(key, _MISSING))
        target.clear()
        target.update(held)
        return target

    def _owner(self, row: list[Any], existing: Any) -> Any:  # noqa: ANN401 - a callback
        if not isinstance(existing, MethodType):
            raise StateError("a callback is missing that the exchange should have")
        self.value(row[1], existing.__self__)
        return existing


def is_of_rooms(kind: type) -> bool:
    """True for classes whose objects are state."""
    home, _, name = kind.__module__.removeprefix(_HOME).partition(".")
    is_ours = kind.__module__.startswith(_HOME) and home in _ROOMS and bool(name)
    return is_ours and kind.__name__ not in _KEPT_CLASSES


def _slots(kind: type) -> tuple[str, ...]:
    return tuple(
        name
        for one in reversed(kind.__mro__)
        for name in one.__dict__.get("__slots__", ())
        if not name.startswith("__")
    )


def _default(kind: type, name: str) -> Any:  # noqa: ANN401 - any value
    """What a field is that was added to a class since the state was written."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    for field in fields:
        if field.name == name and field.default is not dataclasses.MISSING:
            return field.default
        if field.name == name and field.default_factory is not dataclasses.MISSING:
            return field.default_factory()
    raise StateError(f"{kind.__name__} has no {name}")


def _same(value: object) -> object:
    return value


def _kept(_value: object) -> list[Any]:
    return _KEEP


def _float(value: float) -> Any:  # noqa: ANN401 - JSON
    # JSON has no words for what is not finite.
    return value if value - value == 0 else ["f", repr(value)]


def _array(value: array[Any]) -> list[str]:
    packed = zlib.compress(value.tobytes(), 1)
    return ["a", value.typecode, base64.b64encode(packed).decode()]


def _array_of(row: list[Any], _existing: object) -> array[Any]:
    found: array[Any] = array(row[1])
    found.frombytes(zlib.decompress(base64.b64decode(row[2])))
    return found


def _random(value: random.Random) -> list[Any]:
    version, words, gauss = value.getstate()
    return ["r", version, base64.b64encode(_WORDS.pack(*words)).decode(), gauss]


def _random_of(row: list[Any], existing: object) -> random.Random:
    found = existing if type(existing) is random.Random else random.Random()
    found.setstate((row[1], _WORDS.unpack(base64.b64decode(row[2])), row[3]))
    return found
