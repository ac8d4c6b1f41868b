"""The properties that are proven: every `check_` function below tests/contracts/proofs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROOFS: Final = "tests/contracts/proofs"
_CONTRACT: Final = re.compile(r"^contract (\w+) (.*?)^}", re.MULTILINE | re.DOTALL)
_CHECK: Final = re.compile(r"^    function (check_\w+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Property:
    contract: str
    function: str

    def __str__(self) -> str:
        return f"{self.contract}.{self.function}"


def find_properties(root: Path) -> list[Property]:
    """In the order of the files."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((root / PROOFS).glob("*.t.sol"))]
    return [
        Property(contract, function)
        for text in texts
        for contract, body in _CONTRACT.findall(text)
        for function in _CHECK.findall(body)
    ]
