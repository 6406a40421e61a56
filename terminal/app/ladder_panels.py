"""What the ladder knows beyond the book, and the editor of its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.viewmodels.ladder_insight import InsightSources, LadderInsight
from terminal.widgets.note_editor import NoteEditor

if TYPE_CHECKING:
    from terminal.session.backend import Backend
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.widgets.ladder import LadderPanel
    from terminal.widgets.theme import Theme


def add_insight(
    backend: Backend, ladder: LadderViewModel, panel: LadderPanel, theme: Theme
) -> LadderInsight:
    """Let a ladder show studies, worth, notes; called once, before it starts."""
    insight = LadderInsight(
        ladder,
        InsightSources(
            backend.studies,
            backend.breakevens,
            backend.surroundings.tiers,
            backend.price_notes,
            backend.desk,
            backend.account,
            backend.protecting if backend.has_account else None,
        ),
        ladder,
    )
    ladder.know_more(insight)
    NoteEditor(ladder, insight, panel.canvas, theme)
    return insight
