"""Templates of the ticket: kept without prices, recalled, and every answer in words."""

from __future__ import annotations

from terminal.domain.draft import OrderKind
from terminal.domain.sizing import SizeUnit
from terminal.domain.ticket_template import MOST_TEMPLATES, TicketTemplate
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket_form import TicketForm
from terminal.viewmodels.ticket_shelf import TicketTemplates

FORM = TicketForm(OrderKind.STOP_LIMIT, "100", "101", unit=SizeUnit.RISK, size_text="0.5")


class Shelf:
    """Keeps what it is given; ``problem`` is what it answers."""

    def __init__(self, *kept: TicketTemplate, problem: str = "") -> None:
        self.kept, self.problem = kept, problem

    def load(self) -> tuple[tuple[TicketTemplate, ...], str]:
        return self.kept, self.problem

    def save(self, templates: tuple[TicketTemplate, ...]) -> str:
        self.kept = templates
        return self.problem


def test_what_is_saved_is_recalled_without_its_prices() -> None:
    templates, shelf = TicketTemplates(), Shelf()
    assert templates.keep_on(shelf) is None
    assert templates.save(FORM, "  Half a  percent ").text.startswith("Saved as Half a percent")
    assert templates.names == ("Half a percent",)
    assert [one.unit for one in shelf.kept] == [SizeUnit.RISK]
    recalled = templates.recalled(TicketForm(price_text="7"), "Half a percent")
    assert recalled == FORM.without_prices()
    assert templates.recalled(FORM, "another") is None
    assert templates.delete("Half a percent").text == "Half a percent is deleted."
    assert not templates.names
    assert not shelf.kept


def test_what_cannot_be_kept_is_said_and_changes_nothing() -> None:
    templates = TicketTemplates()
    many = tuple(TicketTemplate(f"t{number}") for number in range(MOST_TEMPLATES))
    told = templates.keep_on(Shelf(*many, problem="One cannot be read."))
    assert told is not None
    assert (told.text, told.role) == ("One cannot be read.", Role.CAUTION)
    for name in ("", "one too many"):
        answer = templates.save(FORM, name)
        assert answer.text.startswith("Not saved: ")
        assert answer.role is Role.DANGER
    assert len(templates.names) == MOST_TEMPLATES
