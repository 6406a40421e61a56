"""Values of contracts, linear and inverse."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.errors import UnitError
from terminal.domain.units import Lots, Money, Price
from tests.support.builders import a_contract, an_inverse_contract


def test_linear_values() -> None:
    contract = a_contract()
    assert contract.notional(Price(674_309), Lots(1)) == Money(Decimal("67.4309"), "USDT")
    assert contract.settle_value(Decimal("67430.9"), Lots(-1)).amount == Decimal("67.4309")
    assert contract.base_size(Lots(-5)) == Decimal("-0.005")


def test_inverse_values() -> None:
    contract = an_inverse_contract()
    assert contract.notional(Price(500_000), Lots(1000)) == Money(Decimal(1000), "USD")
    assert contract.settle_value(Decimal(50_000), Lots(1000)) == Money(Decimal("0.02"), "XBT")
    assert contract.base_size(Lots(1)) is None
    with pytest.raises(UnitError):
        contract.settle_value(Decimal(0), Lots(1))


def test_a_contract_needs_a_multiplier() -> None:
    with pytest.raises(UnitError):
        a_contract(multiplier=Decimal(0))
