"""What a contract reverts with when the rules refuse: the same name, the line's id where it has one, the values."""

from dataclasses import astuple
from functools import cache

from eth_utils.crypto import keccak

from orchestrator.chain.codec import Parameter, encode
from orchestrator.chain.contracts import load_abi
from orchestrator.credit.errors import CreditError


def revert_data(error: str, *values: object) -> bytes:
    """The custom error ``error`` of the vault or the trigger, encoded."""
    selector, inputs = _errors()[error]
    return selector + encode(inputs, values)


def refusal_data(refusal: CreditError, line_id: int) -> bytes:
    """The error of the same name with the refusal's values, after the line's id where the contract's error has one."""
    name = type(refusal).__name__
    _, inputs = _errors()[name]
    identified = [line_id] if inputs and inputs[0].name == "id" else []
    return revert_data(name, *identified, *astuple(refusal))  # type: ignore[call-overload]


@cache
def _errors() -> dict[str, tuple[bytes, tuple[Parameter, ...]]]:
    entries = [
        entry for name in ("CreditVault", "RepayTrigger", "CreditLineNFT", "OracleAdapter") for entry in load_abi(name)
    ]
    return {entry["name"]: _signature(entry) for entry in entries if entry["type"] == "error"}


def _signature(entry: dict[str, object]) -> tuple[bytes, tuple[Parameter, ...]]:
    inputs = tuple(Parameter.from_json(item) for item in entry["inputs"])  # type: ignore[attr-defined]
    return keccak(f"{entry['name']}({','.join(item.type for item in inputs)})".encode())[:4], inputs
