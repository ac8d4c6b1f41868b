"""A chain with real tokens, a real feed and a real oracle adapter, for the API to ask."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode as encode_abi
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from orchestrator.chain.book import AddressBook, BookFeed, BookMarket
from orchestrator.chain.contracts import Contract
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.deploy.artifacts import BUILD, Artifact, Artifacts

CHAIN_ID: Final = 31337
PAIR: Final = "ETH/USD"
FEED_DECIMALS: Final = 8
HEARTBEAT_S: Final = 3_600
MARGIN_S: Final = 300
MIN_DEBT: Final = 1_000 * 10**6
ANSWER: Final = 200 * 10**FEED_DECIMALS
PRICE_E36: Final = 200 * 10**6 * 10**36 // 10**18
"""200 USDC for a WETH, in loan base units for one collateral base unit, times 1e36."""

NOTE: Final = {
    "name": "Covenant credit line #1",
    "description": "The claim on what this credit line pays: whoever holds it may claim.",
    "image": "data:image/svg+xml;base64," + b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>').decode(),
    "attributes": [{"trait_type": "Status", "value": "CURRENT"}],
}
"""What the NFT of this ground says of every line."""

NOBODY: Final = "0x" + "00" * 20
MIN_PRICE_E36: Final = PRICE_E36 // 100_000
MAX_PRICE_E36: Final = PRICE_E36 * 100_000


@dataclass(frozen=True, slots=True)
class Block:
    number: int
    hash: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Ground:
    """One chain for all tests of a worker: they add blocks and rounds to it, and change nothing that is there."""

    url: str
    book: AddressBook

    @property
    def market(self) -> BookMarket:
        return self.book.markets[0]

    @property
    def feed(self) -> ChecksumAddress:
        return self.book.feeds[PAIR].address

    async def newest_block(self) -> Block:
        async with _rpc_to(self.url) as rpc:
            header = await rpc.call("eth_getBlockByNumber", ["latest", False])
        return Block(integer(header["number"]), header["hash"], integer(header["timestamp"]))

    async def publish(self, answer: int) -> Block:
        """A new round of the feed, and the block it is in."""
        async with _rpc_to(self.url) as rpc:
            latest = await rpc.call("eth_getBlockByNumber", ["latest", False])
            codec = Contract("LocalFeed", Artifacts(BUILD).contract("LocalFeed").abi)
            data = codec.encode_call("push", answer, integer(latest["timestamp"]))
            await _send(rpc, self.feed, data)
        return await self.newest_block()

    async def mint(self, token: str, to: str, amount: int) -> None:
        """Gives ``to`` some of the loan token, in a block of its own."""
        async with _rpc_to(self.url) as rpc:
            codec = Contract("LocalToken", Artifacts(BUILD).contract("LocalToken").abi)
            await _send(rpc, token, codec.encode_call("mint", to, amount))

    async def set_code(self, address: str, code: str) -> None:
        async with _rpc_to(self.url) as rpc:
            await rpc.call("anvil_setCode", [address, code])

    async def nonce_of(self, address: str) -> int:
        async with _rpc_to(self.url) as rpc:
            return integer(await rpc.call("eth_getTransactionCount", [address, "latest"]))

    async def set_balance(self, address: str, wei: int) -> None:
        async with _rpc_to(self.url) as rpc:
            await rpc.call("anvil_setBalance", [address, quantity(wei)])


def code_that_returns(first: int, second: int) -> str:
    """Runtime code that answers every call with two words: mstore(0, first); mstore(32, second); return(0, 64)."""
    return f"0x7f{first:064x}6000527f{second:064x}60205260406000f3"


def code_that_answers(answer: bytes) -> str:
    """Runtime code that answers every call with ``answer``: codecopy(0, 14, size); return(0, size)."""
    return f"0x61{len(answer):04x}600e60003961{len(answer):04x}6000f3{answer.hex()}"


def _rpc_to(url: str) -> AbstractAsyncContextManager[JsonRpc]:
    return aclosing(JsonRpc(url))


async def prepare(url: str) -> Ground:
    """Deploys what the API asks, and writes the book of it. Vault and trigger are names only; the NFT has one note."""
    artifacts = Artifacts(BUILD)
    async with _rpc_to(url) as rpc:
        (owner, *_) = await rpc.call("eth_accounts")
        usdc = await _create(rpc, artifacts.contract("LocalToken"), "Local USD Coin", "USDC", 6)
        weth = await _create(rpc, artifacts.contract("LocalWETH"))
        feed = await _create(rpc, artifacts.contract("LocalFeed"), owner, FEED_DECIMALS, "ETH / USD")
        oracle = await _create(rpc, artifacts.contract("OracleAdapter"), _oracle_config(usdc, weth, feed))
    contracts = {"CreditVault": named(0xA1), "CreditLineNFT": named(0xA2), "RepayTrigger": named(0xA3)}
    market = BookMarket(
        id=1,
        loan_token=usdc,
        collateral_token=weth,
        oracle=oracle,
        min_debt=MIN_DEBT,
        feeds=(feed,),
        loan_symbol="USDC",
        collateral_symbol="WETH",
        loan_decimals=6,
        collateral_decimals=18,
    )
    book = AddressBook(
        chain_id=CHAIN_ID,
        deployed_block=1,
        contracts=contracts,
        markets=(market,),
        tokens={"USDC": usdc, "WETH": weth},
        feeds={PAIR: BookFeed(feed, FEED_DECIMALS, HEARTBEAT_S, MARGIN_S)},
        code_hashes=dict.fromkeys(contracts, "0x" + "00" * 32),
    )
    ground = Ground(url, book)
    await ground.set_code(book.nft, code_that_answers(encode_abi(["string"], [token_uri(NOTE)])))
    await ground.publish(ANSWER)
    return ground


def token_uri(metadata: object) -> str:
    """As the NFT's contract writes it."""
    return "data:application/json;base64," + b64encode(json.dumps(metadata).encode()).decode()


def named(number: int) -> ChecksumAddress:
    """An address that nobody has the key of."""
    return to_checksum_address(number.to_bytes(20, "big"))


def wallet_code(digest: str) -> str:
    """Runtime code of an ERC-1271 wallet that accepts any signature of one digest, and no other digest.

    mstore(0, shl(224, mul(0x1626ba7e, eq(digest, calldataload(4))))); return(0, 32)
    """
    return f"0x7f{digest[2:]}60043514631626ba7e0260e01b60005260206000f3"


def _oracle_config(usdc: str, weth: str, feed: str) -> dict[str, Any]:
    none = {"feed": NOBODY, "heartbeat": 0, "margin": 0}
    return {
        "loanToken": usdc,
        "collateralToken": weth,
        "base": {"feed": feed, "heartbeat": HEARTBEAT_S, "margin": MARGIN_S},
        "quote": none,
        "crossCheck": none,
        "sequencer": NOBODY,
        "sequencerGrace": 0,
        "maxDeviationBps": 0,
        "minPriceE36": MIN_PRICE_E36,
        "maxPriceE36": MAX_PRICE_E36,
    }


async def _create(rpc: JsonRpc, artifact: Artifact, *arguments: object) -> ChecksumAddress:
    receipt = await _send(rpc, None, artifact.creation_with(*arguments))
    return to_checksum_address(receipt["contractAddress"])


async def _send(rpc: JsonRpc, to: str | None, data: bytes) -> dict[str, Any]:
    """From anvil's first account, which it signs for; mined at once."""
    (owner, *_) = await rpc.call("eth_accounts")
    transaction = {"from": owner, "data": "0x" + data.hex()} | ({} if to is None else {"to": to})
    receipt: dict[str, Any] = await rpc.call("eth_sendTransactionSync", [transaction])
    assert integer(receipt["status"]) == 1, "the transaction was reverted"
    return receipt
