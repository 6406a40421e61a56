"""The ticket's templates: saved without prices under a name, filled in again, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.ticket_template import MOST_TEMPLATES, with_template, without_template
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.ticket_template import TicketTemplate
    from terminal.viewmodels.ticket_form import TicketForm


class TemplateShelf(Protocol):
    """Where templates are kept."""

    def load(self) -> tuple[tuple[TicketTemplate, ...], str]:
        """All of them, and a sentence when some could not be read."""
        ...

    def save(self, templates: tuple[TicketTemplate, ...]) -> str:
        """Keep them; a sentence when that failed, else empty."""
        ...


@final
class TicketTemplates:
    """The templates that are known. Every command answers what came of it, in words."""

    def __init__(self) -> None:
        self._shelf: TemplateShelf | None = None
        self._kept: tuple[TicketTemplate, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(one.name for one in self._kept)

    def keep_on(self, shelf: TemplateShelf) -> Message | None:
        """Where they are from now on; a sentence when some could not be read."""
        self._shelf = shelf
        self._kept, problem = shelf.load()
        return Message(problem, Role.CAUTION) if problem else None

    def save(self, form: TicketForm, name: str) -> Message:
        """Keep what is filled in, without prices, under a name; it replaces one of that name."""
        try:
            template = form.template(name)
        except ValueError as error:
            return Message(f"Not saved: {error}.", Role.DANGER)
        templates = with_template(self._kept, template)
        if templates is None:
            words = f"Not saved: there are {MOST_TEMPLATES} templates already."
            return Message(words, Role.DANGER)
        return self._keep(templates, f"Saved as {template.name}, without its prices.")

    def recalled(self, form: TicketForm, name: str) -> TicketForm | None:
        """A form with what was kept under a name; None where there is none of that name."""
        kept = next((one for one in self._kept if one.name == name), None)
        return None if kept is None else form.recalled(kept)

    def delete(self, name: str) -> Message:
        """Forget one."""
        return self._keep(without_template(self._kept, name), f"{name} is deleted.")

    def _keep(self, templates: tuple[TicketTemplate, ...], words: str) -> Message:
        problem = "" if self._shelf is None else self._shelf.save(templates)
        self._kept = templates
        return Message(problem or words, Role.DANGER if problem else Role.TEXT_DIM)
