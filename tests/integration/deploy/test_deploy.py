"""`covenant deploy` against a real chain: what stands, what is kept, what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress
from typer.testing import CliRunner, Result

from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc
from orchestrator.errors import CovenantError
from scripts.cli.deploy import app
from scripts.deploy.artifacts import RELEASE, Artifacts
from scripts.deploy.create2 import PROXY
from scripts.deploy.declaration import PERMIT2, BadDeclaration, Declaration, Token
from scripts.deploy.plan import CannotDeploy, Plan, read
from scripts.deploy.run import deploy, plan_deployment, refuse_another_vaults_book
from scripts.deploy.verify import NotAsDeclared, verify
from scripts.deploy.wallet import Wallet
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.bootstrap import bootstrap
from scripts.local.people import Person

TOML = """
chain_id = {chain_id}
salt = "test"
owner = "{owner}"
guardian = "0x0000000000000000000000000000000000000000"
[tokens.USDC]
address = "{usdc}"
decimals = 6
[tokens.WETH]
address = "{weth}"
decimals = 18
[feeds."ETH/USD"]
address = "{feed}"
decimals = 8
heartbeat_s = 3600
margin_s = 300
[[markets]]
collateral = "WETH"
loan = "USDC"
min_debt = "100"
[markets.oracle]
price = "ETH/USD"
min_price = "1"
max_price = "100000"
"""


@dataclass(frozen=True)
class Net:
    """A chain with tokens and a feed, a declaration for it under another salt, and accounts to deploy with."""

    rpc: JsonRpc
    url: str
    folder: Path
    accounts: LocalAccounts

    @property
    def declaration(self) -> Declaration:
        return Declaration.load(str(self.folder / "net.toml"))

    @property
    def book(self) -> Path:
        return self.folder / "net.book.json"

    async def plan(self, declaration: Declaration | None = None) -> Plan:
        return await plan_deployment(declaration or self.declaration, Artifacts(RELEASE), self.rpc)

    async def deploy(self, plan: Plan, role: Role = Role.DEPLOYER) -> AddressBook:
        return (await deploy(plan, self.wallet(role), self.book, lambda _: None)).book

    def wallet(self, role: Role) -> Wallet:
        return Person.of(self.accounts, role, self.rpc, 31337).wallet

    async def height(self) -> int:
        return integer(await self.rpc.call("eth_blockNumber"))

    async def set_code(self, address: ChecksumAddress, code: str) -> None:
        await self.rpc.call("anvil_setCode", [address, code])

    async def run(self, *arguments: str, role: Role = Role.DEPLOYER, **env: str) -> Result:
        """The command in a thread: it has an event loop of its own."""
        known = {
            "RPC_URL": self.url,
            "COVENANT_BOOK": str(self.book),
            "COVENANT_KEYSTORE": str(self.accounts.keystore(role)),
            "COVENANT_KEYSTORE_PASSWORD_FILE": str(self.accounts.password_file),
        }
        given = ["--network", str(self.folder / "net.toml"), *arguments]
        return await asyncio.to_thread(CliRunner().invoke, app, given, env=known | env)


@pytest.fixture
async def net(anvil: str, tmp_path: Path) -> AsyncIterator[Net]:
    local = await bootstrap(anvil, tmp_path)
    text = TOML.format(
        chain_id=local.book.chain_id,
        owner=local.accounts.address(Role.DEPLOYER),
        usdc=local.book.tokens["USDC"],
        weth=local.book.tokens["WETH"],
        feed=local.book.feeds["ETH/USD"].address,
    )
    (tmp_path / "net.toml").write_text(text)
    rpc = JsonRpc(anvil)
    yield Net(rpc, anvil, tmp_path, local.accounts)
    await rpc.aclose()


async def test_what_was_declared_stands_and_is_in_the_book(net: Net) -> None:
    plan = await net.plan()
    assert len(plan.missing) == 7
    book = await net.deploy(plan)
    assert AddressBook.load(net.book) == book
    assert book.vault == plan.design.vault
    assert [(market.id, market.name, market.min_debt) for market in book.markets] == [(1, "WETH/USDC", 100 * 10**6)]
    vault = load_contract("CreditVault")
    assert (await read(net.rpc, vault, book.vault, "nft")).lower() == book.nft.lower()
    code = await net.rpc.call("eth_getCode", [book.vault, hex(book.deployed_block)])
    before = await net.rpc.call("eth_getCode", [book.vault, hex(book.deployed_block - 1)])
    assert len(code) > 2
    assert before == "0x"


async def test_the_periphery_stands_beside_the_vault_and_knows_it(net: Net) -> None:
    book = await net.deploy(await net.plan())
    reader, bundler = load_contract("Reader"), load_contract("Bundler")
    (reading,) = await read(net.rpc, reader, book.contracts["Reader"], "lines", [7])
    assert reading["success"] is False
    assert load_contract("CreditVault").decode_error(reading["reason"]) == "NoSuchLine(id=7)"
    assert (await read(net.rpc, bundler, book.contracts["Bundler"], "vault")).lower() == book.vault.lower()
    assert (await read(net.rpc, bundler, book.contracts["Bundler"], "permit2")).lower() == PERMIT2.lower()


async def test_another_permit2_is_another_bundler_and_the_same_vault(net: Net) -> None:
    await net.deploy(await net.plan())
    elsewhere = net.accounts.address(Role.LENDER)
    plan = await net.plan(replace(net.declaration, permit2=elsewhere))
    assert [contract.name for contract in plan.missing] == ["Bundler"]
    book = await net.deploy(plan)
    asked = await read(net.rpc, load_contract("Bundler"), book.contracts["Bundler"], "permit2")
    assert asked.lower() == elsewhere.lower()


async def test_a_second_run_sends_nothing_and_writes_the_same_book(net: Net) -> None:
    first = await net.deploy(await net.plan())
    height = await net.height()
    plan = await net.plan()
    assert plan.done
    assert await net.deploy(plan) == first
    assert await net.height() == height


async def test_a_lost_book_is_written_again_with_the_block_of_the_vault(net: Net) -> None:
    first = await net.deploy(await net.plan())
    net.book.unlink()
    assert await net.deploy(await net.plan()) == first


async def test_a_deployment_that_broke_off_is_finished(net: Net) -> None:
    whole = await net.plan()
    half = replace(whole, missing=whole.missing[:2], markets=())
    with pytest.raises(NotAsDeclared):
        await net.deploy(half)
    assert not net.book.exists()
    rest = await net.plan()
    left = {"RepayTrigger", "Reader", "Bundler", "OracleAdapter[WETH/USDC]"}
    assert {contract.name for contract in rest.missing} == left
    assert len((await net.deploy(rest)).markets) == 1


async def test_who_is_not_the_owner_deploys_and_leaves_the_markets_to_the_owner(net: Net) -> None:
    done = await deploy(await net.plan(), net.wallet(Role.LENDER), net.book, lambda _: None)
    assert done.book.markets == ()
    (call,) = done.owner_calls
    await net.wallet(Role.DEPLOYER).send(call.words, call.to, call.data)
    plan = await net.plan()
    assert plan.done
    assert [market.id for market in (await net.deploy(plan, Role.LENDER)).markets] == [1]


async def test_another_chain_is_refused(net: Net) -> None:
    with pytest.raises(CannotDeploy, match="the declaration is for chain 1, and"):
        await net.plan(replace(net.declaration, chain_id=1))


async def test_a_chain_without_the_deployment_proxy_is_told(net: Net) -> None:
    await net.set_code(PROXY, "0x")
    with pytest.raises(CannotDeploy, match="no deterministic deployment proxy"):
        await net.plan()


async def test_another_contract_in_the_proxys_place_is_not_trusted(net: Net) -> None:
    await net.set_code(PROXY, "0x6001")
    with pytest.raises(CannotDeploy, match="is not the deterministic deployment proxy"):
        await net.plan()


async def test_foreign_code_at_one_of_our_addresses_is_an_error(net: Net) -> None:
    plan = await net.plan()
    await net.set_code(plan.design.vault, "0x6001")
    with pytest.raises(CannotDeploy, match="other code than CreditVault's"):
        await net.plan()


async def test_right_code_made_with_other_arguments_is_noticed(net: Net) -> None:
    plan = await net.plan()
    await net.deploy(plan)
    other = await net.plan(replace(net.declaration, salt="other", guardian=net.accounts.address(Role.LENDER)))
    await net.deploy(other)
    code = await net.rpc.call("eth_getCode", [other.design.vault, "latest"])
    await net.set_code(plan.design.vault, code)
    with pytest.raises(NotAsDeclared, match="guardian"):
        await verify(plan.design, net.rpc)


async def test_what_a_token_says_of_itself_must_be_declared(net: Net) -> None:
    tokens = dict(net.declaration.tokens)
    tokens["USDC"] = Token(tokens["USDC"].address, 8)
    with pytest.raises(BadDeclaration, match=r"\[tokens.USDC\] declares 8 decimals, the token says 6"):
        await net.plan(replace(net.declaration, tokens=tokens))


async def test_an_address_without_a_token_or_a_feed_is_named(net: Net) -> None:
    nobody = net.accounts.address(Role.LENDER)
    tokens = {**net.declaration.tokens, "WETH": Token(nobody, 18)}
    with pytest.raises(BadDeclaration, match=r"\[tokens.WETH\]: there is no ERC-20"):
        await net.plan(replace(net.declaration, tokens=tokens))
    with pytest.raises(BadDeclaration, match="there is no Chainlink-shaped feed"):
        await net.plan(replace(net.declaration, feeds={"ETH/USD": BookFeed(nobody, 8, 3_600, 300)}))


async def test_a_market_that_stands_is_not_declared_otherwise(net: Net) -> None:
    await net.deploy(await net.plan())
    (market,) = net.declaration.markets
    changed = replace(net.declaration, markets=(replace(market, min_debt=Decimal(200)),))
    with pytest.raises(CannotDeploy, match="a minimum debt of 100000000 base units"):
        await net.plan(changed)


async def test_the_book_of_another_vault_is_not_overwritten_by_accident(net: Net) -> None:
    await net.deploy(await net.plan())
    other = await net.plan(replace(net.declaration, salt="other"))
    with pytest.raises(CannotDeploy, match="is the book of the vault at"):
        refuse_another_vaults_book(other.design, net.book)


async def test_the_command_tells_what_stands_and_what_it_did(net: Net) -> None:
    result = await net.run("--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert {contract["stood"] for contract in facts["contracts"]} == {False}
    assert facts["owner_calls"] == []
    assert AddressBook.load(Path(facts["book"])).deployed_block == facts["deployed_block"]
    again = json.loads((await net.run("--json")).stdout)
    assert {contract["stood"] for contract in again["contracts"]} == {True}


async def test_a_dry_run_shows_the_plan_and_sends_nothing(net: Net) -> None:
    height = await net.height()
    result = await net.run("--dry-run")
    assert result.exit_code == 0, result.output
    assert result.output.count("to deploy") == 7
    assert "create market WETH/USDC with a minimum debt of 100" in result.output
    assert await net.height() == height
    assert not net.book.exists()


async def test_a_dry_run_needs_no_key(net: Net) -> None:
    result = await net.run("--dry-run", COVENANT_KEYSTORE="", COVENANT_KEYSTORE_PASSWORD_FILE="")
    assert result.exit_code == 0, result.output


async def test_without_a_key_nothing_is_sent(net: Net) -> None:
    height = await net.height()
    result = await net.run(COVENANT_KEYSTORE="")
    assert isinstance(result.exception, CovenantError)
    assert "COVENANT_KEYSTORE" in result.exception.message
    assert await net.height() == height


@pytest.mark.parametrize(
    ("url", "complaint"),
    [("", "RPC_URL is not set"), ("http://127.0.0.1:9", "cannot be reached"), ("ftp://node", "RPC_URL")],
)
async def test_a_node_that_is_missing_or_silent_is_named(net: Net, url: str, complaint: str) -> None:
    result = await net.run(RPC_URL=url)
    assert isinstance(result.exception, CovenantError)
    assert complaint in result.exception.message
    assert not net.book.exists()


async def test_a_wrong_password_is_told_without_repeating_it(net: Net) -> None:
    (net.folder / "wrong").write_text("hunter2\n")
    result = await net.run(COVENANT_KEYSTORE_PASSWORD_FILE=str(net.folder / "wrong"))
    assert isinstance(result.exception, CovenantError)
    assert "can't be opened with the password" in result.exception.message
    assert "hunter2" not in result.output + str(result.exception)


async def test_an_account_that_cannot_pay_is_told_so(net: Net) -> None:
    await net.rpc.call("anvil_setBalance", [net.accounts.address(Role.LENDER), "0x1"])
    result = await net.run(role=Role.LENDER)
    assert isinstance(result.exception, CovenantError)
    assert "deploying NoteDescriptor is refused" in result.exception.message
    assert not net.book.exists()


async def test_no_output_holds_a_key_or_a_password(net: Net) -> None:
    result = await net.run()
    password = net.accounts.password_file.read_text().strip()
    key = bytes(net.accounts.unlock(Role.DEPLOYER).key).hex()
    assert result.exit_code == 0
    assert password not in result.output
    assert key not in result.output.lower()
