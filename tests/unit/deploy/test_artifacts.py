"""What forge compiled is believed only if it was compiled from the sources that are here."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from scripts.deploy import artifacts
from scripts.deploy.artifacts import RELEASE, Artifact, Artifacts, NotCompiled

SOURCE = "contracts/Thing.sol"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one contract, compiled."""
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    (tmp_path / "contracts").mkdir()
    (tmp_path / SOURCE).write_text("contract Thing {}")
    write(tmp_path, compiled(tmp_path))
    return tmp_path


def compiled(root: Path) -> dict[str, Any]:
    return {
        "abi": [{"type": "constructor", "inputs": [{"name": "size", "type": "uint256"}]}],
        "bytecode": {"object": "0x6001", "linkReferences": {}},
        "deployedBytecode": {"object": "0x60aa00ff", "immutableReferences": {"7": [{"start": 1, "length": 2}]}},
        "metadata": {"sources": {SOURCE: {"keccak256": "0x" + keccak((root / SOURCE).read_bytes()).hex()}}},
    }


def write(root: Path, content: dict[str, Any], file: str = "Thing.sol") -> None:
    (root / "out" / file).mkdir(parents=True, exist_ok=True)
    (root / "out" / file / "Thing.json").write_text(json.dumps(content))


def test_code_is_read_with_the_places_that_the_constructor_fills(root: Path) -> None:
    thing = Artifacts(root / "out").contract("Thing")
    assert (thing.creation, thing.runtime, list(thing.immutables)) == (b"\x60\x01", b"\x60\xaa\x00\xff", [(1, 2)])


def test_constructor_arguments_follow_the_code(root: Path) -> None:
    assert Artifacts(root / "out").contract("Thing").creation_with(5) == b"\x60\x01" + (5).to_bytes(32)


def test_a_contract_is_recognised_whatever_its_immutables(root: Path) -> None:
    thing: Artifact = Artifacts(root / "out").contract("Thing")
    assert thing.made(b"\x60\x12\x34\xff")
    assert not thing.made(b"\x60\x12\x34\xfe")
    assert not thing.made(b"\x60\x12\x34")
    assert not thing.made(b"")


def test_changed_sources_are_noticed(root: Path) -> None:
    (root / SOURCE).write_text("contract Thing { }")
    with pytest.raises(NotCompiled, match="has changed since Thing was compiled"):
        Artifacts(root / "out").contract("Thing")


def test_a_source_that_is_gone_is_noticed(root: Path) -> None:
    (root / SOURCE).unlink()
    with pytest.raises(NotCompiled, match="has changed"):
        Artifacts(root / "out").contract("Thing")


def test_what_is_not_compiled_says_how_to_compile_it(root: Path) -> None:
    with pytest.raises(NotCompiled, match="Other is not compiled in out") as caught:
        Artifacts(root / "out").contract("Other")
    assert "make build" in caught.value.hint


def test_release_code_has_its_own_target() -> None:
    with pytest.raises(NotCompiled) as caught:
        Artifacts(RELEASE).contract("NoSuchContract")
    assert "make build-release" in caught.value.hint


def test_two_contracts_of_one_name_are_not_guessed_between(root: Path) -> None:
    write(root, compiled(root), file="Twin.sol")
    with pytest.raises(NotCompiled, match="2 contracts are called Thing"):
        Artifacts(root / "out").contract("Thing")


def test_code_with_holes_for_libraries_is_refused(root: Path) -> None:
    content = compiled(root)
    content["bytecode"]["linkReferences"] = {"contracts/L.sol": {"L": [{"start": 0, "length": 20}]}}
    write(root, content)
    with pytest.raises(NotCompiled, match="linked library"):
        Artifacts(root / "out").contract("Thing")
