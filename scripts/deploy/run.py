"""A deployment from beginning to end: plan, apply, verify, write down. Running it again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.chain.book import AddressBook, BadBook
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc
from scripts.deploy.apply import Announce, OwnerCall, apply, owner_calls
from scripts.deploy.artifacts import Artifacts, shown
from scripts.deploy.declaration import Declaration
from scripts.deploy.design import Design, design
from scripts.deploy.plan import CannotDeploy, Plan, make_plan
from scripts.deploy.record import first_block_of, make_book
from scripts.deploy.verify import verify
from scripts.deploy.wallet import Wallet


@dataclass(frozen=True, slots=True)
class Deployed:
    """What stands, where it is written, and what its owner must still send."""

    book: AddressBook
    path: Path
    owner_calls: tuple[OwnerCall, ...]


async def plan_deployment(declaration: Declaration, artifacts: Artifacts, rpc: JsonRpc) -> Plan:
    """What `deploy` would do. Sends nothing. Raises NotCompiled, CannotDeploy, BadDeclaration."""
    return await make_plan(design(declaration, artifacts), rpc)


async def deploy(
    plan: Plan, wallet: Wallet, path: Path, announce: Announce, deployed_block: int | None = None
) -> Deployed:
    """Makes a plan true, checks that it is, and writes the address book to `path`.

    `deployed_block` is the block of the vault, for a vault that stands already and is in no book.

    Raises:
        CannotDeploy, TransactionFailed, NotAsDeclared: no book was written; the next run goes on from here.
    """
    rpc = wallet.rpc
    since = integer(await rpc.call("eth_blockNumber"))
    known = _known_block(plan.design, path) if plan.vault_stands else None
    await apply(plan, wallet, announce)
    await verify(plan.design, rpc)
    if deployed_block is None:
        deployed_block = known
    if deployed_block is None:
        deployed_block = await first_block_of(plan.design.vault, rpc, since=0 if plan.vault_stands else since)
    reached = await make_plan(plan.design, rpc)
    book = await make_book(reached, rpc, deployed_block)
    book.dump(path)
    return Deployed(book, path, owner_calls(reached))


def refuse_another_vaults_book(designed: Design, path: Path) -> None:
    """Raises CannotDeploy when the book at `path` belongs to another deployment, on which a service may run."""
    if path.exists() and (found := AddressBook.load(path).vault) != designed.vault:
        raise CannotDeploy(
            f"{shown(path)} is the book of the vault at {found}, and this declaration gives {designed.vault}",
            "move that book away, or pass --replace if the old deployment is no longer wanted",
        )


def _known_block(designed: Design, path: Path) -> int | None:
    try:
        book = AddressBook.load(path)
    except BadBook:
        return None
    return book.deployed_block if book.vault == designed.vault else None
