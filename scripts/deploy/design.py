"""Which contracts a declaration comes to, and where each will be: a pure function of the declaration and the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_typing import ChecksumAddress

from orchestrator.chain.book import NFT, TRIGGER, VAULT
from scripts.deploy.adapter import oracle_config
from scripts.deploy.artifacts import Artifact, Artifacts
from scripts.deploy.create2 import address_of, first_child_of, salt_of
from scripts.deploy.declaration import Declaration, Market

DESCRIPTOR = "NoteDescriptor"
ADAPTER = "OracleAdapter"
READER = "Reader"
BUNDLER = "Bundler"


@dataclass(frozen=True, slots=True)
class Planned:
    """A contract of ours. `creation` is its code with the constructor's arguments; None if another one makes it."""

    name: str
    artifact: Artifact
    address: ChecksumAddress
    creation: bytes | None


@dataclass(frozen=True, slots=True)
class Design:
    """`contracts` by name, in the order in which they are deployed; `adapters` by market name."""

    declaration: Declaration
    salt: bytes
    contracts: Mapping[str, Planned]
    adapters: Mapping[str, ChecksumAddress]

    @property
    def vault(self) -> ChecksumAddress:
        return self.contracts[VAULT].address

    @property
    def nft(self) -> ChecksumAddress:
        return self.contracts[NFT].address

    @property
    def trigger(self) -> ChecksumAddress:
        return self.contracts[TRIGGER].address

    def oracle(self, market: Market) -> ChecksumAddress:
        return self.adapters[market.name]


def design(declaration: Declaration, artifacts: Artifacts) -> Design:
    """Raises NotCompiled when forge's output is missing or older than the sources."""
    salt = salt_of(declaration.salt)

    def planned(name: str, contract: str, *arguments: Any) -> Planned:
        artifact = artifacts.contract(contract)
        creation = artifact.creation_with(*arguments)
        return Planned(name, artifact, address_of(salt, creation), creation)

    descriptor = planned(DESCRIPTOR, DESCRIPTOR)
    vault = planned(VAULT, VAULT, declaration.owner, declaration.guardian, descriptor.address)
    nft = Planned(NFT, artifacts.contract(NFT), first_child_of(vault.address), None)
    trigger = planned(TRIGGER, TRIGGER, vault.address)
    reader = planned(READER, READER, vault.address)
    bundler = planned(BUNDLER, BUNDLER, vault.address, declaration.permit2)
    adapters = {
        market.name: planned(f"{ADAPTER}[{market.name}]", ADAPTER, oracle_config(declaration, market))
        for market in declaration.markets
    }
    return Design(
        declaration,
        salt,
        {one.name: one for one in (descriptor, vault, nft, trigger, reader, bundler, *adapters.values())},
        {name: adapter.address for name, adapter in adapters.items()},
    )
