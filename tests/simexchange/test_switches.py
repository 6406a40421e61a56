"""Open questions as switches."""

from __future__ import annotations

import pytest

from terminal.simexchange.switches import Switches, choices_of, described


def test_every_switch_has_choices_a_source_and_a_line_of_help() -> None:
    for name, choices, source, text in described():
        assert len(choices) >= 2, name
        assert len(set(choices)) == len(choices), name
        assert getattr(Switches(), name) == choices[0]
        assert source
        assert text


def test_a_wrong_name_or_value_turns_nothing() -> None:
    switches = Switches()
    with pytest.raises(ValueError, match="There is no switch named 'color'"):
        switches.set_all({"updated_at_unit": "ns", "color": "red"})
    with pytest.raises(ValueError, match="updated_at_unit is one of ms, ns, not 's'"):
        switches.set("updated_at_unit", "s")
    assert switches == Switches()
    switches.set("updated_at_unit", "ns")
    assert switches.updated_at_unit == "ns"
    assert choices_of("updated_at_unit") == ("ms", "ns")
