"""What the doctor says: an aligned table for people, or one JSON document for programs.

The document's names are stable; ``schema`` counts up when one of them changes its meaning or goes.
All texts, in this order::

    schema                1
    tern_version          text
    checked_at_ms         epoch ms of this machine's clock
    duration_ms           how long it took
    futures_host, account_host, order_socket   addresses; empty for an order socket that is unknown
    key_source            profile, standard input or none
    profile               name of the stored account that was looked at, null without
    is_trading_possible   as the exit code says it
    verdict               one sentence
    checks                a list, always of the same checks in the same order:
        name              see ``exchange.findings`` and the modules beside this one
        title             for people
        result            ok, warning, failed or skipped
        stops_trading     whether nothing can be traded because of it
        sentence, remedy  for people; the remedy may be empty
        figures           by name, with the unit at its end; null for what is not known

A key that should show up anywhere, such as in words of the exchange, is taken out of both.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, final

from terminal import __version__
from terminal.app.doctor.machine import ACCESS
from terminal.domain.secret import REDACTED
from terminal.exchange.findings import Verdict

if TYPE_CHECKING:
    from terminal.domain.secret import Secret
    from terminal.exchange.findings import Figure, Finding
    from terminal.exchange.hosts import Hosts

SCHEMA = 1
SHORTEST_SECRET = 4
"""What is shorter is taken out nowhere: it would be in half of all words."""
WIDEST = 110
NARROWEST = 72
LONGEST_FIGURE = 20
ONLY_WATCHES = (
    "Machine, exchange and key are fit, but this version only watches accounts of real hosts."
)
_COLORS = {
    Verdict.OK: "32",
    Verdict.WARNING: "33",
    Verdict.FAILED: "31",
    Verdict.SKIPPED: "2",
}


class KeySource(Enum):
    """Where the key came from that was looked at."""

    PROFILE = "profile"
    STANDARD_INPUT = "standard input"
    NONE = "none"


@final
@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found. ``secrets`` are taken out of what is said."""

    findings: tuple[Finding, ...]
    hosts: Hosts
    key_source: KeySource
    profile: str | None
    checked_at_ms: int
    duration_ms: int
    secrets: tuple[Secret, ...] = ()

    @property
    def is_trading_possible(self) -> bool:
        """No failure that stops trading; and there was a key to ask with."""
        return self._has_key and not self._stopping

    @property
    def _stopping(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.stops_trading]

    @property
    def _has_key(self) -> bool:
        return any(
            finding.check.name == "key" and finding.verdict is not Verdict.SKIPPED
            for finding in self.findings
        )

    @property
    def verdict(self) -> str:
        """Whether trading is possible and why not, one sentence."""
        stopping = self._stopping
        # That the program only watches is told last: what else is amiss can be mended.
        broken = [finding for finding in stopping if finding.check is not ACCESS]
        if broken:
            names = ", ".join(finding.check.title for finding in broken)
            return f"Trading is not possible. What stops it: {names}."
        if not self._has_key:
            return "Trading is not possible: there is no key. What needs none is in order."
        others = [
            one for one in self.findings if one.verdict is Verdict.FAILED and one not in stopping
        ]
        names = ", ".join(finding.check.title for finding in others)
        if stopping:
            beside = f" What failed beside that: {names}." if names else ""
            return f"{ONLY_WATCHES}{beside}"
        if others:
            return f"Trading is possible. What failed and does not stop it: {names}."
        if any(finding.verdict is Verdict.WARNING for finding in self.findings):
            return "Trading is possible; read the warnings first."
        return "Trading is possible."

    # For programs ----------------------------------------------------------------------------

    def as_json(self) -> str:
        """One JSON document, in ASCII."""
        return json.dumps(self._clean(self._document()), indent=2) + "\n"

    def _document(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "tern_version": __version__,
            "checked_at_ms": self.checked_at_ms,
            "duration_ms": self.duration_ms,
            "futures_host": self.hosts.futures,
            "account_host": self.hosts.account,
            "order_socket": self.hosts.orders,
            "key_source": self.key_source.value,
            "profile": self.profile,
            "is_trading_possible": self.is_trading_possible,
            "verdict": self.verdict,
            "checks": [
                {
                    "name": finding.check.name,
                    "title": finding.check.title,
                    "result": finding.verdict.value,
                    "stops_trading": finding.stops_trading,
                    "sentence": finding.sentence,
                    "remedy": finding.remedy,
                    "figures": dict(finding.figures),
                }
                for finding in self.findings
            ],
        }

    def _clean(self, value: object) -> object:
        """The same without secrets, in every text."""
        if isinstance(value, str):
            return self._without_secrets(value)
        if isinstance(value, dict):
            return {name: self._clean(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._clean(one) for one in value]
        return value

    def _without_secrets(self, text: str) -> str:
        for secret in self.secrets:
            plain = secret.reveal()
            if len(plain) >= SHORTEST_SECRET:
                text = text.replace(plain, REDACTED)
        return text

    # For people ------------------------------------------------------------------------------

    def as_table(self, columns: int, *, is_colored: bool = False) -> str:
        """A table of so many columns, and the verdict as its last line."""
        width = max(NARROWEST, min(columns, WIDEST))
        titles = max(len(finding.check.title) for finding in self.findings)
        figures = [self._figure(finding) for finding in self.findings]
        figure_width = max(len(text) for text in figures)
        lines = [*self._head(), ""]
        for finding, figure in zip(self.findings, figures, strict=True):
            result = f"{finding.verdict.value:<8}"
            if is_colored:
                result = f"\x1b[{_COLORS[finding.verdict]}m{result}\x1b[0m"
            start = f"{finding.check.title:<{titles}}  {figure:>{figure_width}}  "
            indent = " " * (len(start) + 8)
            words = self._wrapped(finding.sentence, width - len(indent))
            lines.append(f"{result}{start}{words[0]}")
            lines.extend(f"{indent}{line}" for line in words[1:])
            if finding.remedy and finding.verdict is not Verdict.OK:
                advice = self._wrapped(finding.remedy, width - len(indent) - 2)
                lines.append(f"{indent}> {advice[0]}")
                lines.extend(f"{indent}  {line}" for line in advice[1:])
        lines.extend(["", *self._wrapped(self.verdict, width)])
        return "\n".join(lines) + "\n"

    def _head(self) -> list[str]:
        hosts = self.hosts
        account = self.profile
        if account is None:
            is_given = self.key_source is KeySource.STANDARD_INPUT
            account = "a key from standard input" if is_given else "none"
        return [
            f"Tern {__version__}",
            f"Hosts         {hosts.futures}  {hosts.account}",
            f"Order socket  {hosts.orders or 'none'}",
            self._printable(f"Account       {account}"),
        ]

    def _figure(self, finding: Finding) -> str:
        """The figure of the table, with its unit; empty without one."""
        name = finding.check.shown
        value: Figure = finding.figures.get(name) if name else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _with_unit(name, value)
        text = "" if value is None else self._printable(str(value))
        return text if len(text) <= LONGEST_FIGURE else f"{text[: LONGEST_FIGURE - 3]}..."

    def _wrapped(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(self._printable(text), max(width, 20)) or [""]

    def _printable(self, text: str) -> str:
        """Words of others may hold what a terminal would obey."""
        clean = self._without_secrets(text)
        return "".join(letter if letter.isprintable() else " " for letter in clean)


def _with_unit(name: str, value: float) -> str:
    """A number with the unit that its name ends with."""
    if name.endswith("_bytes"):
        return f"{value / 1e9:.1f} GB"
    if name.endswith("_percent"):
        return f"{value:.0f} %"
    if name.endswith("_ms"):
        return f"{value / 1000:.1f} s" if abs(value) >= 10_000 else f"{value:.0f} ms"
    return f"{value}"
