"""A line lives by what the API prepares: a wallet signs each transaction, the API passes it on and follows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from eth_account import Account
from eth_account.signers.local import LocalAccount

from api.mandates.schemas import EXAMPLE_MANDATE
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc
from scripts.local.accounts import Role
from scripts.local.bootstrap import LocalDeployment, bootstrap
from scripts.local.deals import give_usdc, give_weth
from scripts.local.people import Contracts, Person
from tests.api.ground import Ground
from tests.api.keys import bearing, make_key
from tests.api.offering import message
from tests.api.people import sign_in, visitor
from tests.api.world import STRANGER, USDC, WETH, World, open_world
from tests.conftest import LocalParts


@dataclass(frozen=True, slots=True)
class Town:
    """A deployed chain, the API over it, and two wallets with money."""

    local: LocalDeployment
    rpc: JsonRpc
    world: World
    contracts: Contracts
    lender: LocalAccount
    borrower: LocalAccount

    async def prepare(self, action: str, sender: LocalAccount, **wanted: Any) -> dict[str, Any]:
        response = await self.world.client.post(f"/v1/prepare/{action}", json={"from": sender.address, **wanted})
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    async def sign(self, prepared: dict[str, Any], wallet: LocalAccount, **changes: Any) -> str:
        nonce = integer(await self.rpc.call("eth_getTransactionCount", [wallet.address, "latest"]))
        fields = {
            "to": prepared["to"], "data": prepared["data"], "value": int(prepared["value_wei"]), "type": 2,
            "gas": prepared["gas_limit"] or 1_000_000, "chainId": prepared["chain_id"], "nonce": nonce,
            "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9,
        } | changes  # fmt: skip
        return "0x" + bytes(wallet.sign_transaction(fields).raw_transaction).hex()

    async def submit(self, raw: str, client: httpx.AsyncClient, **headers: str) -> httpx.Response:
        return await client.post("/v1/submissions", json={"signed_transaction": raw}, headers=headers)

    async def act(self, client: httpx.AsyncClient, action: str, wallet: LocalAccount, **wanted: Any) -> dict[str, Any]:
        """Prepares, signs, submits, and follows until it is mined."""
        prepared = await self.prepare(action, wallet, **wanted)
        assert prepared["simulation"]["revert"] is None, prepared["simulation"]
        submitted = await self.submit(await self.sign(prepared, wallet), client)
        assert submitted.status_code == 202, submitted.text
        followed = (await client.get(f"/v1/submissions/{submitted.json()['id']}")).json()
        assert followed["status"] == "mined", followed
        return prepared


@pytest.fixture(scope="module")
def deployed(
    local_parts: LocalParts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, LocalDeployment]]:
    part = local_parts.anvil()
    yield part.url, asyncio.run(bootstrap(part.url, tmp_path_factory.mktemp("state")))
    local_parts.end(part)


@pytest_asyncio.fixture
async def town(deployed: tuple[str, LocalDeployment], empty_database: str, redis_url: str) -> AsyncIterator[Town]:
    url, local = deployed
    async with (
        aclosing(JsonRpc(url)) as rpc,
        open_world(Ground(url, local.book), empty_database, redis_url) as world,
    ):
        wallets = [Account.create(), Account.create()]
        contracts = Contracts.of(local.book)
        rich = Person.of(local.accounts, Role.BORROWER, rpc, local.book.chain_id)
        for wallet in wallets:
            await rpc.call("anvil_setBalance", [wallet.address, hex(10**21)])
            await give_usdc(contracts, rich, 100_000 * USDC)
            await rich.call("a gift", contracts.usdc, "transfer", wallet.address, 100_000 * USDC)
        await give_weth(contracts, rich, 1_000 * WETH)
        await rich.call("a gift", contracts.weth, "transfer", wallets[1].address, 1_000 * WETH)
        yield Town(local, rpc, world, contracts, *wallets)


async def open_a_line(town: Town, lender: httpx.AsyncClient, borrower: httpx.AsyncClient) -> int:
    """Through the API alone; mirrored by hand."""
    world, market = town.world, town.local.book.markets[0]
    offer = message(world, lender=town.lender.address, group=str(int(town.lender.address, 16)))
    built = (await world.client.post("/v1/offers/typed-data", json={"offer": offer})).json()
    signature = "0x" + bytes(town.lender.sign_typed_data(full_message=built["typed_data"]).signature).hex()
    body = {"chain_id": built["chain_id"], "vault": built["vault"], "offer": offer, "signature": signature}
    assert (await world.client.post("/v1/offers", json=body)).status_code == 201
    await town.act(lender, "approve", town.lender, token=market.loan_token, amount=str(10**15))
    wanted = {"offer_hash": built["offer_hash"], "amount": str(50_000 * USDC)}
    unapproved = await town.prepare("open", town.borrower, **wanted)
    assert unapproved["simulation"]["revert"]["error"] == "ERC20InsufficientAllowance"
    assert unapproved["gas_limit"] is None
    needed = {
        item["token"]: (item["needed"]["base_units"], item["approved"]["base_units"])
        for item in unapproved["allowances"]
    }
    assert needed == {
        market.collateral_token: (str(500 * WETH), "0"),
        market.loan_token: (str(250 * USDC), "0"),
    }
    for token in (market.loan_token, market.collateral_token):
        await town.act(borrower, "approve", town.borrower, token=token, amount=str(10**24))
    prepared = await town.act(borrower, "open", town.borrower, **wanted)
    assert prepared["words"] == (
        f"open a line of 50,000 USDC for {town.borrower.address}, with 500 WETH as collateral and a fee of 250 USDC: "
        "9 % a year on what is drawn and 1 % on what is not, a bill every 1 day with 1 day of grace, all of it due "
        "after 60 days, and liquidated above 80 % of the collateral's value"
    )
    line_id = int(prepared["simulation"]["result"])
    await world.line(
        line_id, borrower=town.borrower.address, lender=town.lender.address, principal=0, undrawn=50_000 * USDC,
        collateral=500 * WETH, reserve=0,
    )  # fmt: skip
    return line_id


async def test_a_line_lives_and_ends_by_prepared_transactions(town: Town) -> None:
    market = town.local.book.markets[0]
    async with visitor(town.world) as lender, visitor(town.world) as borrower:
        await sign_in(lender, town.lender)
        await sign_in(borrower, town.borrower)
        line_id = await open_a_line(town, lender, borrower)
        on_line = {"line_id": line_id}
        await town.act(borrower, "deposit", town.borrower, **on_line, amount=str(WETH))
        drawn = await town.act(borrower, "draw", town.borrower, **on_line, amount=str(10_000 * USDC))
        assert drawn["words"] == f"draw 10,000 USDC on line {line_id} to {town.borrower.address}"
        await town.act(borrower, "deposit_reserve", town.borrower, **on_line, amount=str(100 * USDC))
        await town.act(borrower, "withdraw_reserve", town.borrower, **on_line, amount=str(40 * USDC))
        await town.act(borrower, "withdraw", town.borrower, **on_line, amount=str(WETH))
        await town.act(borrower, "set_operator", town.borrower, operator=town.local.book.trigger, approved=True)
        await mandate_of(town, borrower, line_id)
        await town.act(borrower, "revoke_mandate", town.borrower, nonce="77")
        await town.act(borrower, "repay", town.borrower, **on_line, amount=str(3_000 * USDC))
        closed = await town.act(borrower, "close", town.borrower, **on_line)
        assert "return collateral" in closed["words"]
        claimed = await town.act(lender, "claim", town.lender, **on_line, token=market.loan_token)
        assert int(claimed["simulation"]["result"]) >= 50_000 * USDC
        await town.act(lender, "cancel_group", town.lender, loan_token=market.loan_token, group="1")
        await town.act(lender, "bump_epoch", town.lender)
        listed = (await lender.get("/v1/submissions", params={"limit": 2})).json()
        assert [item["function"] for item in listed["items"]] == ["bumpEpoch", "cancelGroup"]
        rest = (await lender.get("/v1/submissions", params={"cursor": listed["next_cursor"]})).json()
        assert [item["function"] for item in rest["items"]] == ["claim", "approve"]
        assert {item["status"] for item in listed["items"] + rest["items"]} == {"mined"}


async def mandate_of(town: Town, client: httpx.AsyncClient, line_id: int) -> None:
    """Signed with what the API built, and registered."""
    mandate = EXAMPLE_MANDATE | {"lineId": str(line_id)}
    built = (await client.post("/v1/mandates/typed-data", json={"mandate": mandate})).json()
    signature = "0x" + bytes(town.borrower.sign_typed_data(full_message=built["typed_data"]).signature).hex()
    registered = await town.act(client, "register_mandate", town.borrower, mandate=mandate, signature=signature)
    assert registered["simulation"]["result"] == built["mandate_hash"]
    assert "above 70 %, from the reserve" in registered["words"]
    forged = await town.prepare("register_mandate", town.borrower, mandate=mandate, signature="0x" + "11" * 65)
    assert forged["simulation"]["revert"]["error"] in ("BadSignature", "NonceUsed")


async def test_what_would_revert_is_told_with_what_to_do(town: Town) -> None:
    async with visitor(town.world) as lender, visitor(town.world) as borrower:
        await sign_in(lender, town.lender)
        await sign_in(borrower, town.borrower)
        line_id = await open_a_line(town, lender, borrower)
    on_line = {"line_id": line_id}
    cases: dict[str, tuple[str, LocalAccount, dict[str, Any]]] = {
        "NotBorrower": ("draw", town.lender, {**on_line, "amount": str(1_000 * USDC)}),
        "BelowMinDebt": ("draw", town.borrower, {**on_line, "amount": "1"}),
        "BeyondUndrawn": ("draw", town.borrower, {**on_line, "amount": str(50_001 * USDC)}),
        "ZeroAmount": ("deposit", town.borrower, {**on_line, "amount": "0"}),
        "NotTerminable": ("terminate", town.borrower, on_line),
        "NotLiquidatable": ("liquidate", town.borrower, {**on_line, "max_repaid": "1"}),
        "NothingToClaim": ("claim", town.lender, {**on_line, "token": town.local.book.markets[0].collateral_token}),
        "LeaveThroughClose": ("withdraw", town.borrower, {**on_line, "amount": "1"}),
    }
    for error, (action, sender, wanted) in cases.items():
        simulation = (await town.prepare(action, sender, **wanted))["simulation"]
        assert (simulation["ok"], simulation["revert"]["error"]) == (False, error), simulation
        assert simulation["revert"]["hint"]
        assert simulation["block_hash"].startswith("0x")


async def test_what_is_not_there_cannot_be_prepared(town: Town) -> None:
    client, sender = town.world.client, {"from": STRANGER.address}
    cases: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
        ("draw", {"line_id": 99, "amount": "1"}, (404, "unknown_line")),
        ("open", {"offer_hash": "0x" + "11" * 32, "amount": "1"}, (404, "unknown_offer")),
        ("approve", {"token": STRANGER.address, "amount": "1"}, (422, "unknown_token")),
        ("deposit", {"line_id": 1, "amount": str(2**96)}, (422, "invalid_request")),
        ("draw", {"line_id": 1, "amount": "1", "surprise": 1}, (422, "invalid_request")),
        ("register_mandate", {"mandate": EXAMPLE_MANDATE | {"kind": "9"}, "signature": "0x00"}, (422, "bad_mandate")),
    ]
    for action, wanted, expected in cases:
        response = await client.post(f"/v1/prepare/{action}", json={**sender, **wanted})
        assert (response.status_code, response.json()["code"]) == expected, response.text
    unknown = await client.post("/v1/mandates/typed-data", json={"mandate": EXAMPLE_MANDATE | {"lineId": str(2**200)}})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_line")


async def test_only_transactions_for_our_contracts_are_passed_on(town: Town) -> None:
    market, wallet = town.local.book.markets[0], town.borrower
    prepared = await town.prepare("approve", wallet, token=market.loan_token, amount="5")
    transfer = "0x" + load_contract("LocalToken").encode_call("transfer", STRANGER.address, 1).hex()
    elsewhere = "0x" + load_contract("LocalToken").encode_call("approve", STRANGER.address, 1).hex()
    foreign: list[dict[str, Any]] = [
        {"chainId": 1}, {"to": STRANGER.address}, {"to": b""}, {"value": 1}, {"data": transfer}, {"data": elsewhere},
        {"to": town.local.book.vault, "data": "0x12345678"}, {"to": town.local.book.vault, "data": "0x"},
    ]  # fmt: skip
    async with visitor(town.world) as client:
        await sign_in(client, wallet)
        for changes in foreign:
            refused = await town.submit(await town.sign(prepared, wallet, **changes), client)
            assert (refused.status_code, refused.json()["code"]) == (422, "foreign_transaction"), changes
        raw = await town.sign(prepared, wallet)
        for garbage in ("0x00", "0x02", "0xc0", raw[:-2], raw + "00", "0x02" + "ff" * 200):
            refused = await town.submit(garbage, client)
            assert (refused.status_code, refused.json()["code"]) == (422, "malformed_transaction"), garbage
        unknown = await client.post("/v1/submissions", json={"tx_hash": "0x" + "11" * 32})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_transaction")
        for body in ({}, {"tx_hash": "0x" + "11" * 32, "signed_transaction": raw}):
            assert (await client.post("/v1/submissions", json=body)).json()["code"] == "invalid_request"
        assert (await client.get("/v1/submissions")).json()["items"] == []


async def test_a_transaction_that_the_node_refuses_is_not_stored(town: Town) -> None:
    poor = Account.create()
    prepared = await town.prepare("approve", poor, token=town.local.book.markets[0].loan_token, amount="5")
    async with visitor(town.world) as client:
        await sign_in(client, poor)
        refused = await town.submit(await town.sign(prepared, poor), client)
        assert (refused.status_code, refused.json()["code"]) == (422, "broadcast_refused"), refused.text
        assert (await client.get("/v1/submissions")).json()["items"] == []


async def test_fifty_at_once_submit_once_and_another_body_is_refused(town: Town) -> None:
    wallet, token = town.borrower, town.local.book.markets[0].loan_token
    prepared = await town.prepare("approve", wallet, token=token, amount="5")
    raw = await town.sign(prepared, wallet)
    async with visitor(town.world) as client:
        await sign_in(client, wallet)
        headers = {"Idempotency-Key": "pay-once"}
        answers = await asyncio.gather(*(town.submit(raw, client, **headers) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert len((await client.get("/v1/submissions")).json()["items"]) == 1
        again = await town.submit(raw, client)
        assert (again.status_code, again.json()["id"]) == (200, answers[0].json()["id"])
        other = await town.sign(await town.prepare("approve", wallet, token=token, amount="6"), wallet)
        conflict = await town.submit(other, client, **headers)
        assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_key_reused")


async def test_what_a_wallet_sent_itself_is_followed_by_its_hash_and_belongs_to_whoever_asked(town: Town) -> None:
    prepared = await town.prepare("approve", town.borrower, token=town.local.book.markets[0].loan_token, amount="7")
    raw = await town.sign(prepared, town.borrower)
    tx_hash = await town.rpc.call("eth_sendRawTransaction", [raw])
    async with visitor(town.world) as owner, visitor(town.world) as other:
        await sign_in(owner, town.borrower)
        await sign_in(other, town.lender)
        submitted = (await owner.post("/v1/submissions", json={"tx_hash": tx_hash})).json()
        assert (submitted["function"], submitted["sender"]) == ("approve", town.borrower.address)
        path = f"/v1/submissions/{submitted['id']}"
        followed = (await owner.get(path)).json()
        assert (followed["status"], followed["block"]["finality"]) == ("mined", "latest")
        foreign = await other.get(path)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_submission")
        assert (await other.get("/v1/submissions")).json()["items"] == []


async def test_a_transaction_whose_nonce_went_to_another_is_dropped_and_a_revert_is_told(town: Town) -> None:
    wallet, token = town.borrower, town.local.book.markets[0].loan_token
    prepared = await town.prepare("approve", wallet, token=token, amount="8")
    await town.rpc.call("evm_setAutomine", [False])
    try:
        async with visitor(town.world) as client:
            await sign_in(client, wallet)
            first = (await town.submit(await town.sign(prepared, wallet), client)).json()
            assert (await client.get(f"/v1/submissions/{first['id']}")).json()["status"] == "pending"
            dearer = {"maxFeePerGas": 3 * 10**11, "maxPriorityFeePerGas": 3 * 10**9}
            second = (await town.submit(await town.sign(prepared, wallet, **dearer), client)).json()
            await town.rpc.call("evm_mine")
            statuses = [
                (await client.get(f"/v1/submissions/{item['id']}")).json()["status"] for item in (first, second)
            ]
            assert statuses == ["dropped", "mined"]
            terminate = await town.sign(prepared, wallet, to=town.local.book.vault, data=_terminate(999))
            reverted = (await town.submit(terminate, client)).json()
            await town.rpc.call("evm_mine")
            told = (await client.get(f"/v1/submissions/{reverted['id']}")).json()
            assert (told["status"], told["line_id"]) == ("reverted", 999)
            assert told["why_reverted"]
    finally:
        await town.rpc.call("evm_setAutomine", [True])


async def test_a_program_submits_with_its_key(town: Town) -> None:
    key = await make_key(town.world.engine, "a desk", [])
    refused = await town.submit("0x00", town.world.client, **bearing(key))
    assert (refused.status_code, refused.json()["code"]) == (403, "out_of_scope")


def _terminate(line_id: int) -> str:
    return "0x" + load_contract("CreditVault").encode_call("terminate", line_id).hex()
