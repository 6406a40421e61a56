"""Templates of tickets as plain data: what goes in comes out, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.draft import OrderKind
from terminal.domain.events import SelfTrade, StopReference, TimeInForce
from terminal.domain.sizing import SizeUnit
from terminal.domain.ticket_template import (
    MOST_TEMPLATES,
    TicketTemplate,
    from_document,
    to_document,
    with_template,
    without_template,
)

names = st.text(
    st.characters(categories=("L", "N")), min_size=1, max_size=20
)  # what a name is made of, as a rule

templates = st.builds(
    TicketTemplate,
    names,
    st.sampled_from(OrderKind),
    st.sampled_from(SizeUnit),
    st.sampled_from(("1", "0.25", "")),
    st.sampled_from(StopReference),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(TimeInForce),
    st.one_of(st.none(), st.sampled_from(SelfTrade)),
    st.booleans(),
    st.sampled_from(("", "4")),
    st.booleans(),
)


@given(templates)
def test_a_template_survives_its_document(template: TicketTemplate) -> None:
    assert from_document(json.loads(json.dumps(to_document(template)))) == template


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"name": ""},
        {"name": " a"},
        {"name": "x" * 41},
        {"name": "a\nb"},
        {"name": "a", "kind": "iceberg of another version"},
        {"name": "a", "kind": 3},
        {"name": "a", "is_hidden": "yes"},
        {"name": "a", "size": 5},
        {"name": "a", "size": "9" * 21},
    ],
)
def test_what_is_no_template_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_document(document)


def test_what_is_missing_is_as_usual_and_what_is_unknown_is_left_out() -> None:
    document: dict[str, Any] = {"name": "a", "colour": "red"}
    assert from_document(document) == TicketTemplate("a")


def test_one_name_is_one_template_whatever_its_case() -> None:
    known = with_template((), TicketTemplate("b"))
    assert known is not None
    known = with_template(known, TicketTemplate("A"))
    assert known is not None
    assert [one.name for one in known] == ["A", "b"]
    known = with_template(known, replace(TicketTemplate("B"), size="7"))
    assert known is not None
    assert [(one.name, one.size) for one in known] == [("A", "1"), ("B", "7")]
    assert [one.name for one in without_template(known, "a")] == ["B"]


def test_there_is_an_end_to_templates() -> None:
    full = tuple(TicketTemplate(f"t{n:02}") for n in range(MOST_TEMPLATES))
    assert with_template(full, TicketTemplate("one more")) is None
    assert with_template(full, TicketTemplate("T00")) is not None
