"""What is kept of lines from page to page: it shows nothing that is no longer so, and is bounded."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from api.lines.finding import LineFilter, Page, Sort, read_page
from api.lines.rows import Place
from api.lines.written import WrittenLines
from api.statement import view_of
from orchestrator.db.models import Line
from orchestrator.db.session import sessions_of
from tests.api.world import DAY, HOUR, TERMS, USDC, World, parts_with

BILL = DAY
"""From a line's opening, in seconds: it draws at once, and nobody pays."""
GRACE_ENDS = BILL + DAY
WINDOW_ENDS = TERMS["draw_window_hours"] * HOUR
MATURITY = TERMS["term_hours"] * HOUR

A_LIFE = sorted(
    turn + beside
    for turn in (HOUR, BILL, GRACE_ENDS, WINDOW_ENDS, WINDOW_ENDS + HOUR, MATURITY, MATURITY + DAY)
    for beside in (-1, 0, 1, 2)
)


async def stand_at_second(world: World, timestamp: int) -> None:
    await world.stand_at(replace(world.head, timestamp=timestamp))


async def page(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.get("/v1/lines"))["items"]
    return items


async def each_by_itself(world: World, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same lines as their own documents tell of them."""
    details = [await world.get(f"/v1/lines/{item['line_id']}") for item in items]
    return [{name: detail[name] for name in item} for item, detail in zip(items, details, strict=True)]


async def test_a_page_tells_of_a_line_what_it_tells_of_itself_at_each_turn_of_its_life(world: World) -> None:
    began = world.head.timestamp
    await world.line(1)
    await world.line(2, terms={"amort_bps": 500, "commitment_bps": 0})
    await world.line(3, principal=0)
    await world.line(4, principal=0, undrawn=0, flags=2)
    await world.line(5, terms={"apr_bps": 0, "commitment_bps": 0, "grace_hours": 0})
    statuses: set[str] = set()
    for elapsed_s in A_LIFE:
        await stand_at_second(world, began + elapsed_s)
        items = await page(world)
        assert items == await each_by_itself(world, items), elapsed_s
        statuses |= {item["status"] for item in items}
    assert statuses == {"current", "due", "past_due", "default", "closed"}


async def test_a_page_of_an_earlier_block_than_the_last_is_right_too(world: World) -> None:
    began = world.head.timestamp
    await world.line(1)
    for elapsed_s in (GRACE_ENDS + 1, HOUR, BILL, HOUR):  # a reorg may bring back an earlier time
        await stand_at_second(world, began + elapsed_s)
        items = await page(world)
        assert items == await each_by_itself(world, items), elapsed_s


async def test_a_line_that_is_known_is_not_sent_again(world: World, asked: list[tuple[Any, Any]]) -> None:
    await world.line(1)
    await world.line(2)
    sent = [whole_rows(asked, await page(world)), whole_rows(asked, await page(world))]
    async with sessions_of(world.engine).begin() as mirror:
        await mirror.execute(update(Line).where(Line.line_id == 2).values(reserve=7))
    asked.clear()
    items = await page(world)
    sent += [whole_rows(asked, items), whole_rows(asked, await page(world))]
    assert sent == [True, False, True, False]
    assert [item["balances"]["reserve"]["base_units"] for item in items] == [str(500 * USDC), "7"]


def whole_rows(asked: list[tuple[Any, Any]], _answer: object) -> bool:
    """Whether the columns of lines were read since the last look."""
    found = any(b"commitment_bps" in query for query, _ in asked if isinstance(query, bytes))
    asked.clear()
    return found


@pytest.mark.parametrize("room_for", [0, 1, 3])
async def test_what_is_kept_of_lines_is_bounded(world: World, room_for: int) -> None:
    for line_id in range(1, 6):
        await world.line(line_id)
    parts, place, whole_page = parts_with(world), Place.of(world.ground.book), Page(LineFilter(), Sort.ID, None, 5)
    seen, lines = await read_page(parts.reads, place, whole_page, WrittenLines().seed, whole=True)
    view = view_of(parts, seen)
    one = WrittenLines()
    assert one.items(lines[:1], view) is not None
    bounded = WrittenLines(most_bytes=room_for * one.kept_bytes + one.kept_bytes // 2)
    for number, line in enumerate(lines, start=1):
        assert bounded.items([line], view) is not None
        assert bounded.kept_bytes == min(number, room_for) * one.kept_bytes
    known = [line.line_id for line in lines if bounded.items([line._replace(raw=())], view) is not None]
    assert known == list(range(6 - room_for, 6))
