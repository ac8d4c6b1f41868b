"""Everything that a local chain needs before the service can run on it. Running it again changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc, RpcRefused
from orchestrator.errors import CovenantError
from orchestrator.transactions.signers.keystore import KeystoreSigner
from scripts.deploy.artifacts import RELEASE, Artifact, Artifacts
from scripts.deploy.create2 import PROXY, address_of, salt_of
from scripts.deploy.declaration import Declaration, Market, Oracle, Token
from scripts.deploy.plan import code_at, read
from scripts.deploy.run import deploy, plan_deployment
from scripts.deploy.wallet import Wallet
from scripts.local.accounts import LocalAccounts, Role

PAIR: Final = "ETH/USD"
FEED_DECIMALS: Final = 8
HEARTBEAT_S: Final = 3_600
MARGIN_S: Final = 300
FIRST_ANSWER: Final = 19_490_000_000

ETHER: Final = 10**18
LOW_BALANCE_WEI: Final = 1_000 * ETHER
FULL_BALANCE_WEI: Final = 1_000_000 * ETHER
MAX_FEE_PER_GAS_WEI: Final = 1_000 * 10**9

Announce = Callable[[str], None]


class NotALocalChain(CovenantError):
    """The chain is not ours to play with."""


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """What stands on a local chain, where its book is, and who acts on it."""

    book: AddressBook
    book_path: Path
    accounts: LocalAccounts


def local_wallet(rpc: JsonRpc, chain_id: int, accounts: LocalAccounts, role: Role) -> Wallet:
    """A wallet of one of the throw-away accounts."""
    signer = KeystoreSigner(accounts.unlock(role))
    explain = load_contract("CreditVault").decode_error
    return Wallet(rpc, signer, chain_id, MAX_FEE_PER_GAS_WEI, explain, patience_s=20.0)


async def bootstrap(
    rpc_url: str,
    state_dir: Path,
    *,
    artifacts: Artifacts = Artifacts(RELEASE),  # noqa: B008 - a path, nothing is read
    first_answer: int = FIRST_ANSWER,
    announce: Announce = lambda _: None,
) -> LocalDeployment:
    """Accounts with ether, tokens, a feed with a round, our contracts, one market, and the book of it all.

    Raises:
        NotALocalChain: the node is not anvil: its accounts and clock are not ours to set.
        NotCompiled: the contracts are not compiled (`make build-release`).
    """
    rpc = JsonRpc(rpc_url)
    try:
        chain_id = await _local_chain_id(rpc)
        accounts = LocalAccounts.create(state_dir)
        await _fund(rpc, accounts)
        deployer = local_wallet(rpc, chain_id, accounts, Role.DEPLOYER)
        usdc = await _create(deployer, artifacts.contract("LocalToken"), "Local USD Coin", "USDC", 6)
        weth = await _create(deployer, artifacts.contract("LocalWETH"))
        feed = await _create(
            deployer, artifacts.contract("LocalFeed"), accounts.address(Role.ORACLE), FEED_DECIMALS, "ETH / USD"
        )
        declaration = _declaration(chain_id, deployer.address, usdc, weth, feed)
        plan = await plan_deployment(declaration, artifacts, rpc)
        path = state_dir / f"{chain_id}.book.json"
        deployed = await deploy(plan, deployer, path, announce)
        await _first_round(local_wallet(rpc, chain_id, accounts, Role.ORACLE), feed, first_answer)
        return LocalDeployment(deployed.book, path, accounts)
    finally:
        await rpc.aclose()


def _declaration(
    chain_id: int, owner: ChecksumAddress, usdc: ChecksumAddress, weth: ChecksumAddress, feed: ChecksumAddress
) -> Declaration:
    return Declaration(
        chain_id=chain_id,
        owner=owner,
        guardian=owner,
        tokens={"USDC": Token(usdc, 6), "WETH": Token(weth, 18)},
        feeds={PAIR: BookFeed(feed, FEED_DECIMALS, HEARTBEAT_S, MARGIN_S)},
        markets=(Market("USDC", "WETH", Decimal(1_000), Oracle(PAIR, Decimal("0.01"), Decimal(1_000_000))),),
    )


async def _local_chain_id(rpc: JsonRpc) -> int:
    try:
        await rpc.call("anvil_nodeInfo")
    except RpcRefused:
        raise NotALocalChain(
            f"{rpc.provider} is not a local anvil chain", "use `covenant deploy` for a chain that is not yours alone"
        ) from None
    return integer(await rpc.call("eth_chainId"))


async def _fund(rpc: JsonRpc, accounts: LocalAccounts) -> None:
    addresses = [accounts.address(role) for role in Role]
    balances = await rpc.batch([("eth_getBalance", [address, "latest"]) for address in addresses])
    poor = [address for address, wei in zip(addresses, balances, strict=True) if integer(wei) < LOW_BALANCE_WEI]
    await rpc.batch([("anvil_setBalance", [address, quantity(FULL_BALANCE_WEI)]) for address in poor])


async def _create(deployer: Wallet, artifact: Artifact, *arguments: object) -> ChecksumAddress:
    salt, creation = salt_of("covenant local"), artifact.creation_with(*arguments)
    address = address_of(salt, creation)
    (code,) = await code_at(deployer.rpc, [address])
    if not code:
        await deployer.send(f"deploying {artifact.name}", PROXY, salt + creation)
    return address


async def _first_round(oracle: Wallet, feed: ChecksumAddress, answer: int) -> None:
    """Only of a feed without any: later rounds are the market's matter."""
    codec = load_contract("LocalFeed")
    try:
        await read(oracle.rpc, codec, feed, "latestRoundData")
    except RpcRefused:
        latest = await oracle.rpc.call("eth_getBlockByNumber", ["latest", False])
        call = codec.encode_call("push", answer, integer(latest["timestamp"]))
        await oracle.send("publishing the first round", feed, call)
