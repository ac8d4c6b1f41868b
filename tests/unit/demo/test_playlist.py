"""Which part of a file is played, and what is said of files that cannot be."""

from pathlib import Path

import pytest

from oracles.rounds import BadRounds
from scripts.demo.playlist import CannotPlay, own_rounds, rounds_of_file

PLAIN = "updated_at,answer\n" + "".join(f"{1_000 + hour * 3_600},{20_000_000_000 - hour}\n" for hour in range(10))
SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rounds.csv"
    path.write_text(PLAIN)
    return path


def test_the_whole_of_a_short_file_is_played(file: Path) -> None:
    playlist = rounds_of_file(file)
    assert [round_.answer for round_ in playlist.rounds] == [20_000_000_000 - hour for hour in range(10)]
    assert not playlist.own
    assert playlist.words.startswith("rows 1 to 10 of the 10 in rounds.csv: 10 rounds, 1 January 1970 00:16")


def test_a_window_is_played_and_named(file: Path) -> None:
    playlist = rounds_of_file(file, first_row=4, limit=3)
    assert [round_.answer for round_ in playlist.rounds] == [20_000_000_000 - hour for hour in (3, 4, 5)]
    assert "rows 4 to 6 of the 10" in playlist.words


def test_a_window_of_a_file_that_is_newest_first_is_turned_round(tmp_path: Path) -> None:
    header, *rows = PLAIN.splitlines()
    (tmp_path / "rounds.csv").write_text("\n".join([header, *reversed(rows)]))
    playlist = rounds_of_file(tmp_path / "rounds.csv", limit=3)
    assert [round_.answer for round_ in playlist.rounds] == [20_000_000_000 - hour for hour in (7, 8, 9)]


def test_a_zero_round_in_the_window_is_refused_with_its_line(file: Path) -> None:
    file.write_text(PLAIN.replace("19999999995", "0"))
    with pytest.raises(BadRounds, match="line 7: the answer is 0") as caught:
        rounds_of_file(file)
    assert "--skip-refused" in caught.value.hint


def test_a_zero_round_outside_of_the_window_is_nobodys_matter(file: Path) -> None:
    file.write_text(PLAIN.replace("19999999995", "0"))
    assert len(rounds_of_file(file, limit=5).rounds) == 5


def test_line_numbers_are_those_of_the_file_in_a_window_too(file: Path) -> None:
    file.write_text(PLAIN.replace("19999999995", "much"))
    with pytest.raises(BadRounds, match="line 7: answer 'much' is not an integer"):
        rounds_of_file(file, first_row=5)


def test_refused_rows_can_be_skipped_and_are_told(file: Path) -> None:
    file.write_text(PLAIN.replace("19999999995", "0"))
    playlist = rounds_of_file(file, skip_refused=True)
    assert len(playlist.rounds) == 9
    assert [row.line for row in playlist.refused] == [7]


def test_a_file_that_is_not_there_or_no_csv_of_rounds_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRounds, match="there is no file"):
        rounds_of_file(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadRounds, match="of no known form"):
        rounds_of_file(tmp_path / "other.csv")
    (tmp_path / "empty.csv").write_text("updated_at,answer\n")
    with pytest.raises(BadRounds, match="has no rounds"):
        rounds_of_file(tmp_path / "empty.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadRounds, match="cannot be read as text"):
        rounds_of_file(tmp_path / "binary.csv")


def test_a_window_beyond_the_end_says_how_long_the_file_is(file: Path) -> None:
    with pytest.raises(CannotPlay, match="has 10 rows, so none from row 11 on"):
        rounds_of_file(file, first_row=11)


def test_answers_with_other_decimals_are_noticed(file: Path) -> None:
    file.write_text("updated_at,answer\n1,195000000000000000000\n")
    with pytest.raises(CannotPlay, match="the first answer played"):
        rounds_of_file(file)


def test_the_demos_own_rounds() -> None:
    assert own_rounds().own
    assert len(own_rounds().rounds) == 29


@pytest.mark.parametrize("name", ["chainlink-eth-usd-rounds.csv", "eth-usd-2020-03-1h.csv"])
def test_real_files_play_by_default(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not beside this checkout")
    playlist = rounds_of_file(SHARED / name)
    assert len(playlist.rounds) == 60
    assert playlist.refused == ()


def test_the_zero_row_at_the_end_of_a_real_file_is_refused() -> None:
    name = "chainlink-eth-usd-rounds.csv"
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not beside this checkout")
    with pytest.raises(BadRounds, match="line 11108"):
        rounds_of_file(SHARED / name, first_row=11_100)
