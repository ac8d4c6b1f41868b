"""How files are cut for `make deep-replays`."""

from itertools import chain

from tests.simulation.replays.chapters import ROUNDS, chapters_of
from tests.simulation.replays.rounds import FileRound, generated

FILES = {"one": generated(1)[: 2 * ROUNDS + 1], "another": generated(2)[:3]}


def test_each_round_is_in_one_chapter_and_in_its_order() -> None:
    chapters = chapters_of(FILES)
    assert [(one.file, one.begins_at) for one in chapters] == [
        ("one", 0), ("one", ROUNDS), ("one", 2 * ROUNDS), ("another", 0),
    ]  # fmt: skip
    assert list(chain.from_iterable(one.rounds for one in chapters)) == [*FILES["one"], *FILES["another"]]


def test_of_a_file_no_more_rounds_are_taken_than_were_asked_for() -> None:
    assert [len(one.rounds) for one in chapters_of(FILES, ROUNDS + 2)] == [ROUNDS, 2, 3]


def test_a_book_is_opened_at_the_first_answer_of_its_chapter_that_is_one() -> None:
    (chapter,) = chapters_of({"file": [FileRound(0, 0), FileRound(5, 1), FileRound(7, 2)]})
    assert chapter.first_answer == 5
