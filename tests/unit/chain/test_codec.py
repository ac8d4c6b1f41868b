"""The decoder for static types, against eth-abi, for every type that our contracts use."""

from typing import Any

import pytest
from eth_abi.abi import encode as abi_encode
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain.codec import Parameter, UndecodableData, decoder, encode, jsonable

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "uint8": st.integers(0, 2**8 - 1),
    "uint40": st.integers(0, 2**40 - 1),
    "uint96": st.integers(0, 2**96 - 1),
    "uint256": st.integers(0, 2**256 - 1),
    "int256": st.integers(-(2**255), 2**255 - 1),
    "int8": st.integers(-(2**7), 2**7 - 1),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    "bytes32": st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    "bytes4": st.binary(min_size=4, max_size=4).map(lambda raw: "0x" + raw.hex()),
}


def parameter(kind: str, name: str = "", components: tuple[Parameter, ...] = ()) -> Parameter:
    return Parameter(name, kind, components, indexed=False)


def plain(kind: str, value: Any) -> Any:
    return bytes.fromhex(value[2:]) if kind.startswith("bytes") else value


@given(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=12), st.data())
def test_static_values_come_out_as_they_went_in(kinds: list[str], data: st.DataObject) -> None:
    values = [data.draw(VALUES[kind]) for kind in kinds]
    encoded = abi_encode(kinds, [plain(kind, value) for kind, value in zip(kinds, values, strict=True)])
    assert decoder([parameter(kind) for kind in kinds])(encoded) == values
    assert encode([parameter(kind) for kind in kinds], values) == encoded


@given(VALUES["uint96"], VALUES["bool"], VALUES["address"])
def test_a_struct_comes_out_as_a_dict(amount: int, flag: bool, owner: str) -> None:
    inner = parameter("(bool,address)", "inner", (parameter("bool", "flag"), parameter("address", "owner")))
    outer = parameter("(uint96,(bool,address))", "outer", (parameter("uint96", "amount"), inner))
    encoded = abi_encode([outer.type], [(amount, (flag, owner))])
    value = {"amount": amount, "inner": {"flag": flag, "owner": owner}}
    assert decoder([outer])(encoded) == [value]
    assert encode([outer], [value]) == encoded


@given(st.binary(max_size=100), st.text(max_size=20), st.lists(VALUES["uint96"], max_size=5))
def test_dynamic_values_come_out_as_they_went_in(data: bytes, words: str, numbers: list[int]) -> None:
    parameters = [parameter("bytes"), parameter("string"), parameter("uint96[]")]
    assert decoder(parameters)(encode(parameters, [data, words, numbers])) == [data, words, numbers]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("uint8", 256),
        ("uint96", 2**96),
        ("int8", 128),
        ("int8", 2**255),
        ("bool", 2),
        ("address", 2**160),
        ("bytes4", 1),
    ],
)
def test_a_word_that_its_type_cannot_hold_is_refused(kind: str, word: int) -> None:
    with pytest.raises(UndecodableData):
        decoder([parameter(kind)])(word.to_bytes(32, "big"))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_data_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(UndecodableData, match=f"expected 32 bytes, got {size}"):
        decoder([parameter("uint256")])(bytes(size))


def test_malformed_dynamic_data_is_refused() -> None:
    with pytest.raises(UndecodableData):
        decoder([parameter("string")])(b"\xff" * 64)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("uint96", 10**20, "100000000000000000000"),
        ("uint256", 1, "1"),
        ("uint32", 7, 7),
        ("uint40", 2**40 - 1, 2**40 - 1),
        ("bool", True, True),
        ("bytes", b"\x01\x02", "0x0102"),
        ("address", "0x52908400098527886e0f7030069857d2e4169ee7", "0x52908400098527886E0F7030069857D2E4169EE7"),
        ("uint256[]", [1, 2], ["1", "2"]),
    ],
)
def test_values_in_json(kind: str, value: Any, shown: Any) -> None:
    """By type, not by size: a field is a string or a number, never now one and now the other."""
    assert jsonable(parameter(kind), value) == shown
