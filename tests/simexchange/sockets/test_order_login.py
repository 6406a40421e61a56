"""The order socket's two signatures, against the published vectors (reference 6.1)."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from terminal.simexchange.auth import ApiKey, check_socket, is_signed
from terminal.simexchange.errors import Refused

KEY = ApiKey("demo-key-0001", "demo-secret-0001", "demo-pass")
STAMP = 1_700_000_000_000
ADDRESS = (
    "apikey=demo-key-0001&timestamp=1700000000000"
    "&sign=LdQd8Swtgtx29rm0MlSIyJxl48ik3niRuFtjRK%2F4%2F%2Fk%3D"
    "&passphrase=aEChcstw4%2FQl7KWk7hKmsJFoJgGxmn3IhVPrHvaWZeY%3D"
)
CHALLENGE = '{"sessionId":"00000000-0000-4000-8000-000000000001","timestamp":1700000000123}'
ANSWER = "Y16Rq81tT4k+RDjct6IzYOizjXuaRQHTE4FqGa+5sew="
SPACED_ANSWER = "xi80dH5jXsHRSB1siv8gZtOueyQTBmisCGThdNtmD+g="


@pytest.mark.parametrize("late_ms", [-5000, 0, 5000])
def test_the_published_address_is_accepted(late_ms: int) -> None:
    query = dict(parse_qsl(ADDRESS))
    assert check_socket({KEY.key: KEY}, query, STAMP + late_ms, "127.0.0.1") is KEY


@pytest.mark.parametrize("late_ms", [-5001, 5001])
def test_a_clock_more_than_five_seconds_off_is_refused(late_ms: int) -> None:
    query = dict(parse_qsl(ADDRESS))
    with pytest.raises(Refused) as caught:
        check_socket({KEY.key: KEY}, query, STAMP + late_ms, "127.0.0.1")
    assert caught.value.code == "400002"


def test_the_published_answers_fit_their_challenge_and_no_other() -> None:
    spaced = CHALLENGE.replace(",", ", ")
    assert is_signed(KEY, CHALLENGE, ANSWER)
    assert is_signed(KEY, spaced, SPACED_ANSWER)
    assert not is_signed(KEY, CHALLENGE, SPACED_ANSWER)
    assert not is_signed(KEY, spaced, ANSWER)
    assert not is_signed(KEY, CHALLENGE, f'"{ANSWER}"')
