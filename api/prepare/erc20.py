"""The few functions of ERC-20 that are asked of any token."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.chain.contracts import Contract


def _function(name: str, inputs: tuple[str, ...], output: str) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": f"argument{place}", "type": kind} for place, kind in enumerate(inputs)],
        "outputs": [{"name": "", "type": output}],
    }


ERC20: Final = Contract(
    "ERC20",
    [
        _function("allowance", ("address", "address"), "uint256"),
        _function("approve", ("address", "uint256"), "bool"),
        _function("balanceOf", ("address",), "uint256"),
    ],
)
