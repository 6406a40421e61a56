"""What a ladder's rows are painted with: shapes and texts as values, and a list of them as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Measure: TypeAlias = Callable[[str, str, int], float]
    """Pixels of a text in a font role at a percentage."""

PLAIN, BOLD, SMALL = "plain", "bold", "small"
LEFT, MIDDLE, RIGHT = "left", "middle", "right"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@final
class Fill(NamedTuple):
    """A filled rectangle."""

    x: int
    y: int
    width: int
    height: int
    ink: str


@final
class Bar(NamedTuple):
    """A rectangle that lets its ground through: how much of something there is."""

    x: int
    y: int
    width: int
    height: int
    ink: str


@final
class Text(NamedTuple):
    """A text at the middle of the row's height; ``x`` is the edge, or the middle, of its anchor."""

    x: int
    anchor: str
    font: str
    percent: int
    ink: str
    text: str


@final
class Frame(NamedTuple):
    """The outline of a rectangle, one pixel wide."""

    x: int
    y: int
    width: int
    height: int
    ink: str
    is_dashed: bool = False


@final
class Hatch(NamedTuple):
    """A rectangle of slanted lines: what is going away."""

    x: int
    y: int
    width: int
    height: int
    ink: str


@final
class Triangle(NamedTuple):
    """A triangle around a point, which is +1 up or -1 down."""

    x: int
    y: int
    size: int
    way: int
    ink: str


@final
class Line(NamedTuple):
    """A level line, one pixel wide."""

    x: int
    y: int
    width: int
    ink: str
    is_dashed: bool = False


Primitive: TypeAlias = Fill | Bar | Text | Frame | Hatch | Triangle | Line
RowList: TypeAlias = tuple[Primitive, ...]


def as_text(items: Iterable[Primitive]) -> str:
    """A list as lines of text, for comparing pictures without pixels."""
    return "\n".join(
        f"{type(item).__name__.lower():8} {' '.join(str(part) for part in item)}" for item in items
    )
