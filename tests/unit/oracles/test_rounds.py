"""Reading rounds from CSV files: three forms, and nothing that is not a round."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.rounds import BadRounds, RefusedRow, Round, RoundsFile, parse_rounds, read_rounds, refusal

SHARED = Path(__file__).parents[4] / "shared" / "data"

CHAINLINK = ",round,answer,start,update,answeredInRound"
CANDLES = "time,open,high,low,close,volume"
PLAIN = "updated_at,answer"


def parse(*lines: str, skip_refused: bool = False) -> RoundsFile:
    return parse_rounds(lines, "rounds.csv", skip_refused=skip_refused)


def test_chainlink_rounds_are_read_oldest_first() -> None:
    rounds = parse(
        CHAINLINK, "0,802,229750276106,1706558123,1706558123,802", "1,801,229738000000,1706554523,1706554523,801"
    ).rounds
    assert rounds == (Round(801, 229738000000, 1706554523), Round(802, 229750276106, 1706558123))


def test_a_candle_is_a_round_at_the_end_of_its_hour_with_eight_decimals() -> None:
    assert parse(CANDLES, "1584064800,97.63,125.0,86.62,114.97,35984.0").rounds == (Round(1, 114_97000000, 1584068400),)


def test_plain_rounds_are_numbered_in_their_order() -> None:
    assert parse(PLAIN, "100,5", "100,6", "", "160,7").rounds == (Round(1, 5, 100), Round(2, 6, 100), Round(3, 7, 160))


def test_two_rounds_may_share_a_second_as_real_feeds_do() -> None:
    rounds = parse(CHAINLINK, "0,99,202287610000,1,1681891931,99", "1,98,203410490000,1,1681891931,98").rounds
    assert [one.round_id for one in rounds] == [98, 99]


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ((CHAINLINK, "0,2,5,1,9,2", "1,1,0,0,0,1"), 3, "never completed"),
        ((CHAINLINK, "0,2,0,1,9,2"), 2, "the answer is 0, which is not a price"),
        ((CHAINLINK, "0,2,-7,1,9,2"), 2, "the answer is -7"),
        ((CHAINLINK, "0,2,5,1,9"), 2, "expected 6 columns, found 5"),
        ((CHAINLINK, "0,two,5,1,9,2"), 2, "round 'two' is not an integer"),
        ((CHAINLINK, "0,0,5,1,9,2"), 2, "ids are positive"),
        ((CHAINLINK, "0,2,5,1,9,2", "1,2,5,1,9,2"), 3, "there twice"),
        ((PLAIN, "100,195.12"), 2, "19512000000"),
        ((PLAIN, "100,5", "90,5", "110,5"), 3, "out of order"),
        ((PLAIN, "100,²"), 2, "not an integer"),
        ((CANDLES, "1584072000,135.47,135.47,135.47,135.47,0.0"), 2, "nobody traded"),
        ((CANDLES, "1584072000,1,2,1,3,9"), 2, "outside the candle"),
        ((CANDLES, "1584072000,1,nan,1,1,9"), 2, "not a price"),
        ((CANDLES, "1584072000,1,?,1,1,9"), 2, "not a number"),
    ],
)
def test_a_row_that_is_no_round_is_refused_with_its_line_and_what_to_do(
    lines: tuple[str, ...], line: int, reason: str
) -> None:
    with pytest.raises(BadRounds) as refused:
        parse(*lines)
    assert refused.value.message.startswith(f"rounds.csv, line {line}: ")
    assert reason in refused.value.message
    assert "delete the line" in refused.value.hint


def test_refused_rows_can_be_skipped_and_are_told() -> None:
    file = parse(PLAIN, "100,5", "0,0", "120,-1", "130,6", skip_refused=True)
    assert [one.answer for one in file.rounds] == [5, 6]
    assert [row.line for row in file.refused] == [3, 4]
    assert file.refused[1] == RefusedRow(4, "the answer is -1, which is not a price")


def test_an_unknown_header_names_the_forms_that_are_known() -> None:
    with pytest.raises(BadRounds, match="line 1: the header 'a,b' is of no known form") as refused:
        parse("a,b", "1,2")
    assert PLAIN in refused.value.hint


@pytest.mark.parametrize("lines", [(), (PLAIN,)])
def test_a_file_without_rounds_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(BadRounds):
        parse(*lines)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRounds, match="there is no file"):
        read_rounds(tmp_path / "none.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(BadRounds, match="cannot be read as text"):
        read_rounds(binary)


@given(st.lists(st.tuples(st.integers(1, 2**40), st.integers(1, 2**100)), min_size=1, max_size=30), st.booleans())
def test_any_sorted_rounds_are_read_back_whichever_end_comes_first(
    pairs: list[tuple[int, int]], newest_first: bool
) -> None:
    pairs = sorted(pairs)
    rows = [f",{number},{answer},{at},{at},{number}" for number, (at, answer) in enumerate(pairs, start=1)]
    if newest_first and pairs[0][0] < pairs[-1][0]:
        rows.reverse()
    expected = tuple(Round(number, answer, at) for number, (at, answer) in enumerate(pairs, start=1))
    assert parse(CHAINLINK, *rows).rounds == expected


def test_pitfall_36_the_zero_round_of_the_real_eth_usd_feed_is_refused() -> None:
    path = SHARED / "chainlink-eth-usd-rounds.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent; the same defects are tested with written-out rows above")
    with pytest.raises(BadRounds, match="line 11108: updatedAt is 0"):
        read_rounds(path)
    file = read_rounds(path, skip_refused=True)
    assert (len(file.rounds), len(file.refused)) == (11_106, 1)
    assert all(refusal(one) is None for one in file.rounds)


def test_pitfall_38_the_hour_of_march_2020_in_which_nobody_traded_is_refused() -> None:
    path = SHARED / "eth-usd-2020-03-1h.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent; the same defect is tested with a written-out candle above")
    file = read_rounds(path, skip_refused=True)
    assert [row.reason for row in file.refused] == ["the volume is 0: nobody traded at this price"]
    assert len(file.rounds) == 311
