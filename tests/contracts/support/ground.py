"""The released contracts, deployed for histories: vault, NFT, trigger, feeds, and tokens of every kind of decimals."""

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from orchestrator.chain.contracts import load_contract
from scripts.deploy.artifacts import BUILD, RELEASE, Artifact, Artifacts
from tests.contracts.support.chain import Call, Chain

DECIMALS: Final = (0, 6, 8, 18)
PURSE: Final = 2**120
"""What everybody has of every token: more than any history moves."""


class Role(Enum):
    """Everybody who acts or is paid. OWNER lists markets and writes the feeds; RECIPIENT and KEEPER only receive."""

    OWNER = "owner"
    LENDER = "lender"
    BORROWER = "borrower"
    OPERATOR = "operator"
    HOLDER = "holder"
    STRANGER = "stranger"
    RECIPIENT = "recipient"
    KEEPER = "keeper"

    @property
    def account(self) -> LocalAccount:
        return _account(self.value)

    @property
    def address(self) -> str:
        return _address(self.value)


PAYERS: Final = (Role.LENDER, Role.BORROWER, Role.OPERATOR, Role.HOLDER, Role.STRANGER)


class FeedName(Enum):
    """The price, its cross-check, and somebody's revenue; the value is the feed's decimals."""

    BASE = 8
    CROSS = 18
    REVENUE = 6


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Addresses on one chain. The lender lets HOLDER claim for it; every history makes its own of ``adapter``."""

    chain_id: int
    vault: str
    nft: str
    trigger: str
    witness: str
    feeds: dict[FeedName, str]
    loan_tokens: dict[int, str]
    collateral_tokens: dict[int, str]
    adapter: Artifact


VAULT: Final = load_contract("CreditVault")
TRIGGER: Final = load_contract("RepayTrigger")
NFT: Final = load_contract("CreditLineNFT")
FEED: Final = load_contract("LocalFeed")
TOKEN: Final = load_contract("LocalToken")
ADAPTER: Final = load_contract("OracleAdapter")


def lay_ground(chain: Chain) -> Ground:
    """Deploys everything that histories share, and gives everybody tokens that the vault may take."""

    def create(name: str, *arguments: Any) -> str:
        return chain.create(Artifacts(RELEASE).contract(name).creation_with(*arguments))

    owner = Role.OWNER.address
    vault = create("CreditVault", owner, owner, create("NoteDescriptor"))
    nft = _nft_of(chain, vault)
    ground = Ground(
        chain_id=chain.chain_id,
        vault=vault,
        nft=nft,
        trigger=create("RepayTrigger", vault),
        witness=chain.create(Artifacts(BUILD).contract("Witness").creation),
        feeds={name: create("LocalFeed", owner, name.value, name.name) for name in FeedName},
        loan_tokens={decimals: create("LocalToken", "Loan", "LOAN", decimals) for decimals in DECIMALS},
        collateral_tokens={decimals: create("LocalToken", "Collateral", "COLL", decimals) for decimals in DECIMALS},
        adapter=Artifacts(RELEASE).contract("OracleAdapter"),
    )
    for token in (*ground.loan_tokens.values(), *ground.collateral_tokens.values()):
        for role in PAYERS:
            chain.send(Call(role.address, token, TOKEN.encode_call("mint", role.address, PURSE)))
            chain.send(Call(role.address, token, TOKEN.encode_call("approve", vault, 2**256 - 1)))
    chain.send(Call(Role.LENDER.address, nft, NFT.encode_call("setApprovalForAll", Role.HOLDER.address, True)))
    return ground


def _nft_of(chain: Chain, vault: str) -> str:
    return str(VAULT.decode_result("nft", chain.send(Call(Role.OWNER.address, vault, VAULT.encode_call("nft")))))


@cache
def _address(name: str) -> str:
    return str(_account(name).address).lower()


@cache
def _account(name: str) -> LocalAccount:
    account: LocalAccount = Account.from_key(keccak(text=name))
    return account
