"""A real deployment on a real chain, broken in one way at a time."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from orchestrator.chain.rpc import JsonRpc
from scripts.doctor.deployment import (
    check_book,
    check_code,
    check_guardian,
    check_oracle,
    check_wiring,
)
from scripts.doctor.diagnosis import Diagnosis, Grade
from scripts.doctor.examination import examine_deployment
from scripts.local.accounts import Role
from scripts.local.bootstrap import LocalDeployment, bootstrap
from scripts.local.people import Contracts, Person
from scripts.local.rounds import publish
from tests.conftest import LocalParts

CHAIN_ID = 31337


@dataclasses.dataclass(frozen=True)
class Chain:
    """A chain with the contracts on it."""

    url: str
    deployment: LocalDeployment


@pytest.fixture(scope="module")
def chain(local_parts: LocalParts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    part = local_parts.anvil()
    deployment = asyncio.run(bootstrap(part.url, tmp_path_factory.mktemp("state")))
    yield Chain(part.url, deployment)
    local_parts.end(part)


@pytest.fixture
def deployment(chain: Chain) -> LocalDeployment:
    return chain.deployment


@pytest.fixture
async def rpc(chain: Chain) -> AsyncIterator[JsonRpc]:
    """A provider of that chain, which is afterwards as it was before."""
    rpc = JsonRpc(chain.url)
    snapshot = await rpc.call("evm_snapshot")
    yield rpc
    await rpc.call("evm_revert", (snapshot,))
    await rpc.aclose()


async def push(rpc: JsonRpc, deployment: LocalDeployment, answer: int) -> None:
    """One more round of the feed."""
    oracle = Person.of(deployment.accounts, Role.ORACLE, rpc, CHAIN_ID)
    await publish(oracle, Contracts.of(deployment.book).feed, answer)


def grades(diagnoses: list[Diagnosis]) -> set[Grade]:
    return {diagnosis.grade for diagnosis in diagnoses}


async def test_a_fresh_deployment_is_well_in_every_respect(rpc: JsonRpc, deployment: LocalDeployment) -> None:
    diagnoses = await examine_deployment(rpc, deployment.book)
    assert grades(diagnoses) == {Grade.OK}
    assert [diagnosis.subject for diagnosis in diagnoses] == ["code", "wiring", "oracle WETH/USDC", "guardian"]
    assert diagnoses[2].found == "1 WETH is 194.90 USDC, by 1 feed"


def test_the_book_of_another_chain_is_a_failure(deployment: LocalDeployment) -> None:
    diagnosis, book = check_book(deployment.book_path, 1)
    assert (diagnosis.grade, book) == (Grade.FAIL, None)
    assert "is of chain 31337, not of 1" in diagnosis.found


def test_a_missing_book_says_how_to_get_one(tmp_path: Path) -> None:
    diagnosis, book = check_book(tmp_path / "31337.book.json", CHAIN_ID)
    assert (diagnosis.grade, book) == (Grade.FAIL, None)
    assert "covenant deploy" in diagnosis.remedy


def test_a_book_that_is_cut_off_is_a_failure(tmp_path: Path, deployment: LocalDeployment) -> None:
    half = tmp_path / "half.book.json"
    half.write_bytes(deployment.book_path.read_bytes()[:100])
    diagnosis, book = check_book(half, CHAIN_ID)
    assert (diagnosis.grade, book) == (Grade.FAIL, None)


async def test_a_chain_that_was_reset_has_no_code_and_nothing_more_is_asked(
    rpc: JsonRpc, deployment: LocalDeployment
) -> None:
    await rpc.call("anvil_setCode", (deployment.book.vault, "0x"))
    diagnoses = await examine_deployment(rpc, deployment.book)
    assert [(item.subject, item.grade) for item in diagnoses] == [
        ("CreditVault", Grade.FAIL),
        ("wiring and oracles", Grade.SKIPPED),
    ]
    assert f"nothing stands at {deployment.book.vault}" in diagnoses[0].found


async def test_code_that_is_not_what_was_deployed_is_a_failure(rpc: JsonRpc, deployment: LocalDeployment) -> None:
    await rpc.call("anvil_setCode", (deployment.book.trigger, "0x00"))
    [diagnosis] = await check_code(rpc, deployment.book)
    assert (diagnosis.subject, diagnosis.grade) == ("RepayTrigger", Grade.FAIL)


async def test_a_book_that_mixes_two_deployments_is_a_failure(rpc: JsonRpc, deployment: LocalDeployment) -> None:
    contracts = {**deployment.book.contracts, "CreditLineNFT": deployment.book.trigger}
    diagnoses = await check_wiring(rpc, dataclasses.replace(deployment.book, contracts=contracts))
    assert "CreditVault.nft" in [diagnosis.subject for diagnosis in diagnoses]
    assert grades(diagnoses) == {Grade.FAIL}


async def test_a_bundler_that_is_none_is_a_failure(rpc: JsonRpc, deployment: LocalDeployment) -> None:
    contracts = {**deployment.book.contracts, "Bundler": deployment.book.markets[0].oracle}
    [diagnosis] = await check_wiring(rpc, dataclasses.replace(deployment.book, contracts=contracts))
    assert (diagnosis.subject, diagnosis.grade) == ("Bundler.vault", Grade.FAIL)


async def test_a_market_that_the_vault_knows_otherwise_is_a_failure(rpc: JsonRpc, deployment: LocalDeployment) -> None:
    [market] = deployment.book.markets
    book = dataclasses.replace(deployment.book, markets=(dataclasses.replace(market, min_debt=1),))
    [diagnosis] = await check_wiring(rpc, book)
    assert diagnosis.grade is Grade.FAIL
    assert "another minDebt" in diagnosis.found


async def test_what_does_not_answer_like_a_contract_of_ours_is_a_failure(
    rpc: JsonRpc, deployment: LocalDeployment
) -> None:
    [market] = deployment.book.markets
    nobody = dataclasses.replace(market, oracle=deployment.accounts.address(Role.BORROWER))
    assert (await check_oracle(rpc, nobody)).grade is Grade.FAIL


async def test_a_price_out_of_bounds_is_a_warning_that_says_what_it_stops(
    rpc: JsonRpc, deployment: LocalDeployment
) -> None:
    await push(rpc, deployment, answer=10**15 + 1)
    diagnosis = await check_oracle(rpc, deployment.book.markets[0])
    assert diagnosis.grade is Grade.WARN
    assert "the price is out of its bounds" in diagnosis.found


async def test_a_stale_feed_is_a_warning_that_says_that_nothing_can_be_liquidated(
    rpc: JsonRpc, deployment: LocalDeployment
) -> None:
    await rpc.call("evm_increaseTime", (4_000,))
    await rpc.call("anvil_mine", ("0x1",))
    diagnosis = await check_oracle(rpc, deployment.book.markets[0])
    assert diagnosis.grade is Grade.WARN
    assert "a feed is stale" in diagnosis.found
    assert "nothing can be drawn or liquidated" in diagnosis.found


async def test_the_guardians_stop_is_a_warning_with_its_end(rpc: JsonRpc, deployment: LocalDeployment) -> None:
    guardian = Person.of(deployment.accounts, Role.DEPLOYER, rpc, CHAIN_ID)
    await guardian.call("a stop", Contracts.of(deployment.book).vault, "stop")
    diagnosis = await check_guardian(rpc, deployment.book)
    assert diagnosis.grade is Grade.WARN
    assert "604,800 s" in diagnosis.found
