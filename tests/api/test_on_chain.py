"""What the API builds and takes, the deployed contracts build and take too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from random import Random

import pytest
import pytest_asyncio

from orchestrator.chain.rpc import JsonRpc
from orchestrator.chain.typed_data import MANDATE, OFFER, StructType, TypedData, trigger_domain, vault_domain
from scripts.local.accounts import Role
from scripts.local.bootstrap import LocalDeployment, bootstrap
from scripts.local.deals import SignedOffer, get_ready, give_usdc, give_weth, open_line
from scripts.local.people import Contracts, Person
from tests.api.ground import Ground
from tests.api.offering import message, typed_data
from tests.api.world import USDC, WETH, World, open_world
from tests.conftest import LocalParts


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain with everything that `covenant up` deploys, and its two people."""

    local: LocalDeployment
    rpc: JsonRpc
    contracts: Contracts
    lender: Person
    borrower: Person


@pytest.fixture(scope="module")
def deployed(
    local_parts: LocalParts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, LocalDeployment]]:
    part = local_parts.anvil()
    yield part.url, asyncio.run(bootstrap(part.url, tmp_path_factory.mktemp("state")))
    local_parts.end(part)


@pytest_asyncio.fixture
async def chain(deployed: tuple[str, LocalDeployment]) -> AsyncIterator[Chain]:
    url, local = deployed
    async with aclosing(JsonRpc(url)) as rpc:
        people = [Person.of(local.accounts, role, rpc, local.book.chain_id) for role in (Role.LENDER, Role.BORROWER)]
        yield Chain(local, rpc, Contracts.of(local.book), *people)


@pytest_asyncio.fixture
async def world(deployed: tuple[str, LocalDeployment], empty_database: str, redis_url: str) -> AsyncIterator[World]:
    url, local = deployed
    async with open_world(Ground(url, local.book), empty_database, redis_url) as world:
        yield world


def random_message(struct: StructType, random: Random, **changes: int) -> dict[str, int | bool | str]:
    """Any values that fit the fields, extremes as often as others."""
    values: dict[str, int | bool | str] = {}
    for name, type_ in struct.fields:
        if type_ == "address":
            values[name] = f"0x{random.getrandbits(160):040x}"
        elif type_ == "bool":
            values[name] = bool(random.getrandbits(1))
        else:
            bits = int(type_.strip("uint")) - (0 if type_.startswith("u") else 1)
            values[name] = random.choice([0, 2**bits - 1, random.getrandbits(bits)])
    return values | changes


async def test_offers_have_the_digest_and_the_hash_that_the_vault_gives_them(chain: Chain) -> None:
    random, vault = Random(1), chain.contracts.vault
    for _ in range(20):
        offer = random_message(OFFER, random)
        data = TypedData(vault_domain(chain.local.book.chain_id, vault.address), OFFER, offer)
        assert await vault.read(chain.rpc, "offerDigest", offer) == data.digest()
        assert await vault.read(chain.rpc, "hashOffer", offer) == data.struct_hash()


async def test_mandates_have_the_digest_and_the_hash_that_the_trigger_gives_them(chain: Chain) -> None:
    random, trigger = Random(2), chain.contracts.trigger
    for _ in range(20):
        mandate = random_message(MANDATE, random, kind=random.randrange(4), source=random.randrange(2))
        data = TypedData(trigger_domain(chain.local.book.chain_id, trigger.address), MANDATE, mandate)
        assert await trigger.read(chain.rpc, "mandateDigest", mandate) == data.digest()
        assert await trigger.read(chain.rpc, "hashMandate", mandate) == data.struct_hash()


async def test_an_offer_that_the_api_took_opens_a_line(chain: Chain, world: World) -> None:
    offer = message(world, lender=chain.lender.address)
    built = (await world.client.post("/v1/offers/typed-data", json={"offer": offer})).json()
    signature = chain.lender.account.sign_typed_data(full_message=built["typed_data"]).signature
    body = {"chain_id": built["chain_id"], "vault": built["vault"], "offer": offer, "signature": f"0x{signature.hex()}"}
    response = await world.client.post("/v1/offers", json=body)
    assert response.status_code == 201, response.text

    taken = response.json()
    await get_ready(chain.contracts, chain.lender, chain.borrower)
    await give_usdc(chain.contracts, chain.lender, 50_000 * USDC)
    await give_usdc(chain.contracts, chain.borrower, 250 * USDC)
    await give_weth(chain.contracts, chain.borrower, 500 * WETH)
    signed = SignedOffer(
        typed_data(world, taken["offer"]).message, bytes.fromhex(taken["signature"][2:]), taken["offer_hash"]
    )
    opened = await open_line(chain.contracts, chain.borrower, signed, 50_000 * USDC)
    assert (opened.collateral, opened.origination_fee) == (500 * WETH, 250 * USDC)
    (event,) = chain.contracts.vault.events(opened.receipt, "Opened")
    assert event["offerHash"] == taken["offer_hash"]
