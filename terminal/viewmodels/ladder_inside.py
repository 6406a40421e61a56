"""What the parts of a ladder that show it and act for it know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from terminal.domain.events import PositionSide
    from terminal.session.market import MarketSession
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_bracket import LadderBracket
    from terminal.viewmodels.ladder_face import LadderFace
    from terminal.viewmodels.ladder_hold import LadderHold
    from terminal.viewmodels.ladder_insight import LadderInsight
    from terminal.viewmodels.ladder_mouse import LadderMouse
    from terminal.viewmodels.ladder_outbox import LadderOutbox
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.ladder_sizes import LadderSizes
    from terminal.viewmodels.ladder_staging import LadderStaging
    from terminal.viewmodels.ladder_trading import LadderTrading
    from terminal.viewmodels.ladder_view import StagedOrder
    from terminal.viewmodels.protection import ProtectionViewModel


class LadderInside(Protocol):
    """One ladder from inside: ``LadderViewModel``.

    What may come, go or change is None or false at first; the rest is there from the start.
    """

    trading: LadderTrading
    axis: LadderAxis
    face: LadderFace
    mouse: LadderMouse
    foot: LadderSizes
    holding: LadderHold
    staging: LadderStaging
    outbox: LadderOutbox
    bracket: LadderBracket
    market: MarketSession | None
    hand: LadderProtection | None
    mend: ProtectionViewModel | None
    insight: LadderInsight | None
    staged: StagedOrder | None
    is_hovered: bool

    @property
    def lane(self) -> PositionSide:
        """The lane that is shown and acted on."""
        ...


class LadderGestures(LadderInside, Protocol):
    """What keys ask of a ladder, as buttons do."""

    def recenter(self) -> None:
        """Inside to the middle."""
        ...

    def step(self, finer: bool) -> None:  # noqa: FBT001 - a direction
        """Finer or coarser price grouping."""
        ...

    def choose_size(self, number: int) -> None:
        """Size 1 to 5, or an answer."""
        ...

    def toggle_keyboard(self) -> None:
        """Arm or disarm keyboard trading."""
        ...

    def toggle_post_only(self) -> None:
        """Post-only for the next order."""
        ...

    def toggle_reduce_only(self) -> None:
        """Reduce-only for the next order."""
        ...

    def toggle_lane(self) -> None:
        """The other lane."""
        ...
