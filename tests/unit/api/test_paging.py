"""A cursor gives back the key it was made of, and nothing else is taken for one."""

import uuid
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.paging import decode_integers, decode_moment, decode_moment_and_uuid, encode_cursor, encode_moment
from api.problems import Problem
from api.wire import BIGINT_MAX

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(st.integers(0, BIGINT_MAX), min_size=1, max_size=3))
def test_integers_come_back(key: list[int]) -> None:
    assert decode_integers(encode_cursor(*key), len(key)) == key


@given(MOMENTS, st.uuids())
def test_moments_come_back_to_the_microsecond(moment: datetime, identity: uuid.UUID) -> None:
    assert decode_moment_and_uuid(encode_moment(moment, identity)) == (moment, identity)


@given(MOMENTS, st.text(max_size=40))
def test_moments_come_back_with_any_text(moment: datetime, identity: str) -> None:
    assert decode_moment(encode_moment(moment, identity)) == (moment, identity)


@given(st.text(max_size=60))
def test_any_text_is_either_a_key_or_refused(text: str) -> None:
    """Nothing but a Problem comes out, which the API answers with a 400."""
    for decode in (lambda: decode_integers(text, 1), lambda: decode_moment(text), lambda: decode_moment_and_uuid(text)):
        with suppress(Problem):
            decode()


@pytest.mark.parametrize("key", [(-1,), (BIGINT_MAX + 1,), (True,), ("1",), (1, 2), ()])
def test_a_key_of_another_kind_is_refused(key: tuple[int | str, ...]) -> None:
    with pytest.raises(Problem):
        decode_integers(encode_cursor(*key), 1)
