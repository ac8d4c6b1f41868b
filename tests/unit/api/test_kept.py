"""What was worked out for one version of the mirror is told to all who ask, and to nobody of the next one."""

import asyncio

import pytest

from api.kept import Kept


class Counting:
    """Works out how often it was asked to; fails the first ``failures`` times."""

    def __init__(self, failures: int = 0) -> None:
        self.asked = 0
        self._failures = failures

    async def __call__(self) -> int:
        self.asked += 1
        mine = self.asked
        await asyncio.sleep(0)
        if mine <= self._failures:
            raise LookupError
        return mine


async def test_many_who_ask_at_once_get_one_answer() -> None:
    kept, counting = Kept[int](), Counting()
    assert await asyncio.gather(*(kept.get("version", "question", counting) for _ in range(20))) == [1] * 20


async def test_another_version_or_question_is_worked_out_anew() -> None:
    kept, counting = Kept[int](), Counting()
    asked = [("1", "a"), ("2", "a"), ("2", "b"), ("1", "a")]
    assert [await kept.get(version, question, counting) for version, question in asked] == [1, 2, 3, 1]


async def test_a_failure_is_told_to_one_and_not_kept() -> None:
    kept, counting = Kept[int](), Counting(failures=1)
    first, second = await asyncio.gather(
        *(kept.get("version", "question", counting) for _ in range(2)), return_exceptions=True
    )
    assert (type(first), second) == (LookupError, 2)


async def test_old_answers_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.kept._MOST", 2)
    kept, counting = Kept[int](), Counting()
    for version in ("1", "2", "3"):
        await kept.get(version, "question", counting)
    assert [await kept.get(version, "question", counting) for version in ("3", "2", "1")] == [3, 2, 4]
