"""Which rounds are played, when each comes, and where a replay goes on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.replay import (
    AS_FAST_AS_MINED,
    BadReplay,
    Position,
    begin_or_go_on,
    between,
    load_position,
    name_of,
    parse_instant,
    parse_speed,
    pause_before_s,
    store_position,
)
from oracles.rounds import Round

ROUNDS = [Round(1, 100, 1_000), Round(2, 101, 4_600), Round(3, 99, 4_600), Round(4, 98, 8_000)]


@pytest.mark.parametrize(("text", "speed"), [("3600x", 3_600.0), ("1", 1.0), ("0.5x", 0.5), ("max", AS_FAST_AS_MINED)])
def test_a_speed_is_how_many_seconds_go_by_in_one(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "0x", "-1x", "fast", "3600 x", "1e3"])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(BadReplay, match="is no speed"):
        parse_speed(text)


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("0", 0),
        ("2020-03-13", 1_584_057_600),
        ("2020-03-13T04:00", 1_584_072_000),
        ("2020-03-13T05:00+01:00", 1_584_072_000),
    ],
)
def test_an_instant_is_seconds_or_iso_in_utc(text: str, second: int) -> None:
    assert parse_instant(text) == second


def test_a_span_holds_both_its_ends_and_at_least_one_round() -> None:
    assert between(ROUNDS, 4_600, 8_000) == ROUNDS[1:]
    assert between(ROUNDS, None, 1_000) == ROUNDS[:1]
    with pytest.raises(BadReplay) as empty:
        between(ROUNDS, 1_001, 4_599)
    assert "1000 to 8000" in empty.value.hint
    with pytest.raises(BadReplay, match="is no instant"):
        parse_instant("yesterday")


def test_rounds_keep_their_distances_by_the_speed() -> None:
    assert [pause_before_s(ROUNDS, i, 3_600.0) for i in (1, 2, 3)] == [1.0, 0.0, 3_400 / 3_600]
    assert pause_before_s(ROUNDS, 1, AS_FAST_AS_MINED) == 0.0


def test_a_replay_goes_on_behind_what_was_played_and_begins_anew_for_anything_else() -> None:
    name = name_of(ROUNDS, "0xFEED")
    assert begin_or_go_on(None, name, ROUNDS, 50_000) == Position(name, 0, 49_001)
    under_way = Position(name, 2, 49_001)
    assert begin_or_go_on(under_way, name, ROUNDS, 53_000) == under_way
    assert begin_or_go_on(under_way, name, ROUNDS, 90_000) == Position(name, 2, 85_401)
    assert begin_or_go_on(Position("another", 2, 5), name, ROUNDS, 50_000).next_index == 0
    assert begin_or_go_on(Position(name, 4, 5), name, ROUNDS, 50_000).next_index == 0
    assert name_of(ROUNDS, "0xfeed") == name != name_of(ROUNDS[1:], "0xFEED")


@given(st.integers(0, 3), st.integers(-(10**6), 10**6), st.integers(0, 10**7))
def test_what_is_left_always_lies_in_the_chains_future(next_index: int, shift_s: int, chain_now: int) -> None:
    name = name_of(ROUNDS, "0xfeed")
    found = begin_or_go_on(Position(name, next_index, shift_s), name, ROUNDS, chain_now)
    assert found.next_index == next_index
    assert ROUNDS[next_index].updated_at + found.shift_s > chain_now


def test_a_position_is_read_back_and_a_broken_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "replay.json"
    assert load_position(path) is None
    store_position(path, Position("x", 7, -5))
    assert load_position(path) == Position("x", 7, -5)
    path.write_text('{"of": "x"')
    assert load_position(path) is None
