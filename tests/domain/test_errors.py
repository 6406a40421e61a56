"""What every error of ours tells."""

from __future__ import annotations

from terminal.domain.errors import TernError


def test_who_knows_where_it_happened_adds_it_to_the_text_for_the_log() -> None:
    """The user's sentence stays as it is."""
    error = TernError("lost", sentence="No answer.")
    error.told_at("at page 3")
    assert (str(error), error.sentence) == ("lost, at page 3", "No answer.")
