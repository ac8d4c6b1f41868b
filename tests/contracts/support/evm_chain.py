"""The contracts in process, on py-evm: another EVM than anvil's, and no process to start."""

from collections.abc import Sequence
from typing import Final

from eth._utils.address import generate_contract_address
from eth.abc import ComputationAPI
from eth.chains.base import MiningChain
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.db.atomic import AtomicDB
from eth.typing import AccountDetails
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.message import Message
from eth_typing import Address
from eth_utils.address import to_canonical_address

from scripts.deploy.create2 import PROXY, PROXY_CODE
from tests.contracts.support.chain import Block, Call, Result

CREATION_GAS: Final = 30_000_000
CALL_GAS: Final = 3_000_000
GENESIS_AT: Final = 1_700_000_000
DEPLOYER: Final = Address(b"\x01" * 20)


class EvmChain:
    chain_id = 31337

    def __init__(self) -> None:
        configured = MiningChain.configure("Histories", vm_configuration=((0, CancunVM),), chain_id=self.chain_id)
        proxy: AccountDetails = {"balance": 0, "nonce": 1, "code": PROXY_CODE, "storage": {}}
        chain = configured.from_genesis(
            AtomicDB(),
            {"difficulty": 0, "gas_limit": CREATION_GAS, "timestamp": GENESIS_AT},
            {to_canonical_address(PROXY): proxy},
        )
        self._state = chain.get_vm().state

    def create(self, creation: bytes) -> str:
        state = self._state
        address = generate_contract_address(DEPLOYER, state.get_nonce(DEPLOYER))
        state.increment_nonce(DEPLOYER)
        message = Message(CREATION_GAS, CREATE_CONTRACT_ADDRESS, DEPLOYER, 0, b"", creation, create_address=address)
        self._done(state.computation_class.apply_create_message(state, message, _context(DEPLOYER)))
        return "0x" + address.hex()

    def send(self, call: Call) -> bytes:
        result = self._run(call)
        assert result.ok, f"a transaction of the ground reverted: {result.output.hex()}"
        return result.output

    def play(self, blocks: Sequence[Block]) -> list[Result]:
        state = self._state
        before = state.snapshot()
        results = []
        for block in blocks:
            # A state is bound to its block; a new one for every second would hash all that was written into a trie.
            vars(state.execution_context)["_timestamp"] = block.at
            results += [self._run(call) for call in block.calls]
        state.revert(before)
        return results

    def _run(self, call: Call) -> Result:
        state = self._state
        sender, to = to_canonical_address(call.sender), to_canonical_address(call.to)
        message = Message(CALL_GAS, to, sender, 0, call.data, state.get_code(to))
        computation = state.computation_class.apply_message(state, message, _context(sender))
        self._end_transaction()
        return Result(not computation.is_error, bytes(computation.output))

    def _done(self, computation: ComputationAPI) -> None:
        assert not computation.is_error, f"a contract of the ground was not created: {computation.error}"
        self._end_transaction()

    def _end_transaction(self) -> None:
        """Each call is a transaction: what the vault keeps in transient storage ends with it."""
        self._state.clear_transient_storage()


def _context(origin: Address) -> CancunTransactionContext:
    return CancunTransactionContext(gas_price=0, origin=origin)
