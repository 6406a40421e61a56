"""Envelopes and codes."""

from __future__ import annotations

import pytest

from terminal.wire.codec import decode
from terminal.wire.envelope import MEANINGS, Envelope, Kind, meaning, unwrapped


@pytest.mark.parametrize(
    ("raw", "success", "has_data"),
    [
        (b'{"code":"200000","data":[1]}', True, True),
        (b'{"code":"200000","data":null}', True, False),
        (b'{"code":"200000","msg":"Position does not exist"}', True, False),
        (b'{"success":true,"code":"200","msg":"success","retry":false,"data":1}', True, True),
        (b'{"success":false,"code":"200000"}', False, False),
        (b'{"code":"300003","msg":"Balance insufficient"}', False, False),
        (b'{"code":400002}', False, False),
        (b'{"code":200000,"data":{}}', True, True),
        (b'{"success":true,"code":"200","msg":"","retry":true}', True, False),
        (b'{"code":null,"msg":null}', False, False),
        (b'{"error":"Bad Request","status":400}', False, False),
    ],
)
def test_success_and_data(raw: bytes, *, success: bool, has_data: bool) -> None:
    envelope = decode(raw, Envelope)
    assert envelope.is_success is success
    assert envelope.has_data is has_data


GATEWAY_CODES = {
    "400001", "400002", "400003", "400004", "400005", "400006", "400007", "400008",
    "400009", "400010", "400011", "400012", "400100", "400200", "400201", "400202",
    "400301", "400303", "404000", "411100", "415000", "429000", "500000", "1015", "200002",
}  # fmt: skip
BUSINESS_CODES = {
    "40010", "100001", "100002", "100003", "100004", "100005", "101030", "126042", "200001",
    "200003", "200005", "300000", "300001", "300002", "300003", "300004", "300005",
    "300006", "300007", "300008", "300013", "300009", "300010", "300011", "300012",
    "300014", "300015", "300016", "300017", "300018", "330005", "330008", "330011",
    "330012", "50002",
}  # fmt: skip
CODES_OF_THE_REFERENCE = sorted(GATEWAY_CODES | BUSINESS_CODES)


@pytest.mark.parametrize("code", CODES_OF_THE_REFERENCE)
def test_every_code_of_the_reference_is_known(code: str) -> None:
    """With a sentence that is no echo of the exchange's words."""
    known = meaning(code, "their words")
    assert known is MEANINGS[code]
    assert "their words" not in known.sentence


def test_the_table_has_no_code_from_nowhere() -> None:
    """Beside those of 1.6 one of the order socket and one of the funding service."""
    assert set(MEANINGS) == {*CODES_OF_THE_REFERENCE, "4001002", "230003"}


KINDS = {
    Kind.AUTH: "400001 400003 400004 400005 400006 400007 400008 400009 400010 400011 400012 400200"
    " 400201 400202 400301 400303 411100 40010",
    Kind.CLOCK: "400002",
    Kind.RATE: "429000",
    Kind.ENDPOINT_RATE: "200002",
    Kind.ADDRESS: "1015",
    Kind.SERVER: "500000 100002",
    Kind.NOT_CANCELLABLE: "100004",
    Kind.NOT_OFFERED: "404000",
    Kind.SUSPENDED: "300002 300014 300015",
}


def test_kinds_are_those_of_the_reactions() -> None:
    """All others are business: shown, and nothing else."""
    expected = {code: kind for kind, codes in KINDS.items() for code in codes.split()}
    for code, known in MEANINGS.items():
        assert known.kind is expected.get(code, Kind.BUSINESS), code


def test_only_what_passes_by_itself_may_be_asked_again() -> None:
    """A refusal for a reason that stays is not repeated."""
    again = {code for code, known in MEANINGS.items() if known.may_retry}
    assert again == {
        "400002", "400011", "400012", "429000", "500000", "1015", "200002", "100002", "300015",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("100001", "error.getOrder.orderNotExist", Kind.NOT_FOUND),
        ("100001", "The order does not exist", Kind.BUSINESS),
        ("100001", "price is wrong", Kind.BUSINESS),
        ("100004", "error.getOrder.orderNotExist", Kind.NOT_CANCELLABLE),
        ("300003", "Invalid KC-API-SIGN", Kind.BUSINESS),
        ("999999", "429000 Too many requests", Kind.BUSINESS),
    ],
)
def test_texts_decide_nothing_but_whether_an_order_is_known(
    code: str, text: str, kind: Kind
) -> None:
    assert meaning(code, text).kind is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.BUSINESS),
        (400, Kind.BUSINESS),
        (401, Kind.AUTH),
        (403, Kind.AUTH),
        (404, Kind.NOT_OFFERED),
        (405, Kind.NOT_OFFERED),
        (415, Kind.BUSINESS),
        (429, Kind.RATE),
        (500, Kind.SERVER),
        (502, Kind.SERVER),
        (503, Kind.SERVER),
    ],
)
def test_the_status_speaks_for_codes_that_are_not_known(status: int, kind: Kind) -> None:
    """And for nothing else."""
    assert meaning("999999", "words", status).kind is kind
    assert meaning("300003", "words", status).kind is Kind.BUSINESS


def test_unknown_codes_keep_the_exchanges_words() -> None:
    assert meaning("999999", "strange things").sentence == "strange things"
    assert "999999" in meaning("999999", "").sentence
    assert meaning("100004", "").kind is Kind.NOT_CANCELLABLE


def test_every_meaning_is_a_sentence() -> None:
    for code, known in MEANINGS.items():
        assert code.isdigit()
        assert known.sentence.endswith(".")
        assert known.sentence[0].isupper()
        assert not known.remedy or known.remedy.endswith(".")
        assert "!" not in known.sentence + known.remedy


def test_data_can_be_looked_at_raw() -> None:
    assert unwrapped(decode(b'{"code":"200000","data":{"a":1}}', Envelope).data) == {"a": 1}
