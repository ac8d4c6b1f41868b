"""Which contracts the tests create from artifacts, and which of them contain the code of a file."""

from collections.abc import Mapping

from scripts.audit.bench.sources import Sources

# Besides the contracts themselves: what makes a library callable.
_HARNESSES = "tests/contracts/support"


def deployed_with(file: str, sources: Sources) -> Mapping[str, str]:
    """Contract → its file, of those that have ``file`` compiled in."""
    candidates = [*sources.names("contracts"), *sources.names(_HARNESSES)]
    return {
        _contract(name): name
        for name in candidates
        if _is_deployed(name, sources.text(name)) and file in sources.closure(name)
    }


def _contract(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".sol")


def _is_deployed(name: str, text: str) -> bool:
    if name.startswith(_HARNESSES) and not name.endswith("Harness.sol"):
        return False
    return any(line.startswith(f"contract {_contract(name)} ") for line in text.splitlines())
