"""Envelopes and codes."""

from __future__ import annotations

import pytest

from terminal.wire.codec import decode
from terminal.wire.envelope import MEANINGS, Envelope, Kind, meaning
from tests.support.codes import reactions


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


CODES_OF_THE_REFERENCE = sorted(reactions())
MORE_CODES = {"4001002", "230003"}
"""One of the order socket (6.3) and one of the funding service."""


def test_the_paragraph_is_read_whole() -> None:
    """All its rows, those with several codes too."""
    assert len(CODES_OF_THE_REFERENCE) == 60
    assert {"1015", "200002", "400201", "300012", "300013", "50002"} <= set(CODES_OF_THE_REFERENCE)


@pytest.mark.parametrize("code", CODES_OF_THE_REFERENCE)
def test_every_code_of_the_reference_is_known(code: str) -> None:
    """With a sentence that is no echo of the exchange's words."""
    known = meaning(code, "their words")
    assert known is MEANINGS[code]
    assert "their words" not in known.sentence


def test_the_table_has_no_code_from_nowhere() -> None:
    assert set(MEANINGS) == {*CODES_OF_THE_REFERENCE, *MORE_CODES}


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
    Kind.REPEATED: "300018",
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


@pytest.mark.parametrize(("code", "reaction"), reactions().items())
def test_what_the_reference_says_to_do_is_done(code: str, reaction: str) -> None:
    """Its words for trying again, looking an order up and measuring time are the table's."""
    known = MEANINGS[code]
    waits = ("retry once", "retry later", "GET: retry", "reconnect", "pause", "retry in seconds")
    if any(word in reaction for word in waits):
        assert known.may_retry, reaction
    if "no retry" in reaction or reaction == "show":
        assert not known.may_retry
    assert ("resync clock" in reaction) == (known.kind is Kind.CLOCK)
    assert ("look it up by clientOid" in reaction) == (known.kind is Kind.REPEATED)
    assert ("re-query order" in reaction) == (known.kind is Kind.NOT_CANCELLABLE)


def test_unknown_codes_are_named() -> None:
    assert meaning("999999", "strange").sentence == "The exchange refused with code 999999."
    assert meaning("", "").sentence == "The exchange refused."
    assert len(meaning("9" * 10_000, "").sentence) < 300


def test_every_meaning_is_a_sentence() -> None:
    for code, known in MEANINGS.items():
        assert code.isdigit()
        assert known.sentence.endswith(".")
        assert known.sentence[0].isupper()
        assert known.remedy.endswith(".")
        assert known.remedy[0].isupper()
        assert "!" not in known.sentence + known.remedy


@pytest.mark.parametrize("msg", ['{"a":1}', "[1]", "17", "true", "1.5"])
def test_words_of_any_form_do_not_hide_a_refusal(msg: str) -> None:
    """What is only shown cannot make an answer unreadable."""
    envelope = decode(f'{{"code":"300003","msg":{msg}}}'.encode(), Envelope)
    assert (envelope.code_text, envelope.is_success) == ("300003", False)
    assert envelope.msg
