"""Reporters on a real chain: rounds by deviation and heartbeat, and what a lying, slow or dead minority changes."""

from decimal import Decimal

import httpx
import pytest
from eth_account import Account

from oracles.reporting.observation import FeedId, Observation, sign
from oracles.reporting.reporter import OBSERVATIONS_PATH, CannotReport
from orchestrator.chain.quantities import integer
from tests.integration.oracles.club import CHAIN_ID, DECIMALS, MAX_AGE_S, POLICY, Club, Seen, open_club

UNIT = 10**DECIMALS


def units(answer: int) -> Decimal:
    return Decimal(answer).scaleb(-DECIMALS)


async def test_a_round_is_the_median_of_what_a_quorum_saw(anvil: str) -> None:
    async with open_club(anvil, reporters=5, quorum=3) as club:
        for place, value in enumerate(("2000", "2001", "2002", "2003", "2004")):
            club.sees(value, place)
        await club.step()
        state = await club.state()
        assert state.round_id == 1
        assert 2_000 <= units(state.answer) <= 2_004
        assert state.updated_at == club.clock.at


async def test_without_news_there_is_no_round_until_the_heartbeat(anvil: str) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        await club.step()
        await club.clock.pass_(POLICY.heartbeat_s - 1)
        club.sees("2009.99")  # 49.95 bps
        await club.step()
        assert (await club.state()).round_id == 1
        await club.clock.pass_(1)
        await club.step()
        state = await club.state()
        assert (state.round_id, units(state.answer)) == (2, Decimal("2009.99"))


async def test_a_move_of_the_threshold_makes_a_round_at_once(anvil: str) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        await club.step()
        await club.clock.pass_(1)
        club.sees("1990")  # 50 bps
        await club.step()
        assert units((await club.state()).answer) == 1_990


async def test_a_dead_leader_delays_a_round_by_one_interval(anvil: str) -> None:
    async with open_club(anvil, reporters=4, quorum=3, dead=[1]) as club:
        await club.until_leads(1)
        await club.step()
        assert (await club.state()).round_id == 0
        await club.clock.pass_(POLICY.interval_s)
        await club.step()
        assert (await club.state()).round_id == 1


@pytest.mark.parametrize("liar_leads", [True, False])
@pytest.mark.parametrize("lie", ["0.01", "100000"])
async def test_a_lying_and_a_dead_reporter_of_five_change_nothing(anvil: str, lie: str, liar_leads: bool) -> None:
    async with open_club(anvil, reporters=5, quorum=3, dead=[4]) as club:
        club.sees("1999.5", 1)
        club.sees("2000.5", 2)
        for _ in range(3):
            await club.until_leads(0 if liar_leads else 1)
            club.sees(lie, 0)
            await club.step()
            await club.clock.pass_(POLICY.heartbeat_s)
        state = await club.state()
        assert state.round_id == 3
        assert 1_999 <= units(state.answer) <= 2_001


async def test_two_liars_of_five_cannot_move_a_quorum_of_five(anvil: str) -> None:
    async with open_club(anvil, reporters=5, quorum=5) as club:
        await club.until_leads(0)
        club.sees("1", 0, 1)
        await club.step()
        assert units((await club.state()).answer) == 2_000


async def test_a_liar_alone_makes_no_round(anvil: str) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        await club.step()
        await club.clock.pass_(60)
        await club.until_leads(0)
        club.sees("1000", 0)
        await club.step()
        assert (await club.state()).round_id == 1


async def test_a_slow_reporter_comes_too_late_and_changes_nothing(anvil: str) -> None:
    async with open_club(anvil, reporters=4, quorum=3) as club:
        await club.until_leads(0)
        slow = Observation(1, 1_500 * UNIT, club.clock.at)
        await club.step(0, 1, 2)
        before = await club.state()
        signed = sign(slow, club.feed.id, club.accounts[3])
        assert await club.reporters[0].accept(signed) == "it is for round 1, the next is 2"
        assert await club.state() == before


async def test_a_reporter_that_saw_nothing_new_for_too_long_reports_nothing(anvil: str) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        old = club.clock.at
        await club.clock.pass_(MAX_AGE_S + 1)
        club.reporters[0].fact = Seen(Decimal(2_000), lambda: old)
        with pytest.raises(CannotReport, match="before"):
            await club.step(0)


async def test_an_answer_beyond_the_feeds_bounds_is_not_signed(anvil: str) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        club.sees("0", 0)
        with pytest.raises(CannotReport, match="is not within"):
            await club.step(0)


async def post(club: Club, body: object) -> httpx.Response:
    url = club.reporters[1].peers[club.accounts[0].address]
    async with httpx.AsyncClient() as client:
        return await client.post(url + OBSERVATIONS_PATH, json=body)


async def test_the_endpoint_believes_nothing_but_a_reporters_signature_for_this_round_feed_and_chain(
    anvil: str,
) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        seen = Observation(1, 2_000 * UNIT, club.clock.at)
        mine, feed = club.accounts[1], club.feed.id
        stranger = sign(seen, feed, Account.from_key(b"\x07" * 32))
        elsewhere = sign(seen, FeedId(1, feed.address), mine)
        other_feed = sign(seen, FeedId(CHAIN_ID, mine.address), mine)
        for wrong in (stranger, elsewhere, other_feed):
            refused = await post(club, wrong.as_json())
            assert refused.status_code == 409
            assert "is no reporter of this feed" in refused.json()["error"]
        future = sign(Observation(1, 2_000 * UNIT, club.clock.at + 60), feed, mine)
        assert "60 s in the future" in (await post(club, future.as_json())).json()["error"]
        later_round = sign(Observation(2, 2_000 * UNIT, club.clock.at), feed, mine)
        assert "it is for round 2, the next is 1" in (await post(club, later_round.as_json())).json()["error"]
        assert (await post(club, sign(seen, feed, mine).as_json())).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"round_id": 1, "answer": "1", "observed_at": "1", "signature": "0x" + "00" * 65},
        {"round_id": "1", "answer": "1e3", "observed_at": "1", "signature": "0x" + "00" * 65},
        {"round_id": "1", "answer": "1", "observed_at": "1", "signature": "0x" + "00" * 65},
        {"round_id": "1", "answer": "1", "observed_at": "1", "signature": "0x00"},
    ],
)
async def test_what_is_no_observation_is_refused(anvil: str, body: object) -> None:
    async with open_club(anvil, reporters=3, quorum=3, dead=[1, 2]) as club, httpx.AsyncClient() as client:
        url = club.reporters[0].peers[club.accounts[0].address]
        assert (await client.post(url + OBSERVATIONS_PATH, json=body)).status_code == 400
        assert (await client.post(url + OBSERVATIONS_PATH, content=b" " * 70_000)).status_code == 400
        assert (await client.post(url + OBSERVATIONS_PATH, content=b"[" * 60_000)).status_code == 400


async def test_one_reporter_cannot_fill_the_quorum_by_reporting_often(anvil: str) -> None:
    async with open_club(anvil, reporters=3, quorum=3) as club:
        leader = club.reporters[0]
        for answer in range(1, 5):
            signed = sign(Observation(1, answer * UNIT, club.clock.at), club.feed.id, club.accounts[1])
            assert await leader.accept(signed) is None
        assert (await club.state()).round_id == 0
        assert integer(await club.rpc.call("eth_getTransactionCount", [leader.account.address, "latest"])) == 0
