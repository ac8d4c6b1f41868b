"""Events of our own contracts, decoded and shown: against web3.py's decoder, for any values whatever."""

from typing import Any

import orjson
import pytest
from eth_abi.abi import encode as abi_encode
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3._utils.events import get_event_data

from orchestrator.chain.codec import Parameter
from orchestrator.chain.contracts import load_abi
from orchestrator.chain.event_codec import EventCodec
from orchestrator.chain.feeds import FEED_ABI
from orchestrator.chain.words import UndecodableData, static_type

CONTRACTS = ("CreditVault", "CreditLineNFT", "RepayTrigger")
ENTRIES: list[Any] = [
    entry for abi in (*map(load_abi, CONTRACTS), FEED_ABI) for entry in abi if entry["type"] == "event"
]
WEB3 = Web3()


def values_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    """In the form that eth-abi takes."""
    if parameter.components:
        return st.tuples(*map(values_of, parameter.components))
    kind = parameter.type
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if kind == "bool":
        return st.booleans()
    if kind in ("bytes", "string"):
        return st.binary(max_size=70) if kind == "bytes" else st.text(max_size=20)
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    bits = int(kind.removeprefix("u").removeprefix("int"))
    return st.integers(0, 2**bits - 1) if kind.startswith("u") else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def ours(parameter: Parameter, value: Any) -> Any:
    """What web3.py shows, as this project shows it."""
    if parameter.components:
        return {item.name: ours(item, value[item.name]) for item in parameter.components}
    if parameter.type == "address":
        return value.lower()
    return "0x" + value.hex() if parameter.type.startswith("bytes") and parameter.type != "bytes" else value


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
@settings(max_examples=25)
@given(data=st.data())
def test_an_event_is_read_as_web3_reads_it(entry: Any, data: st.DataObject) -> None:
    event = EventCodec(entry)
    given_values = {item.name: data.draw(values_of(item), label=item.name) for item in event.inputs}
    indexed = [item for item in event.inputs if item.indexed]
    in_data = [item for item in event.inputs if not item.indexed]
    topics = ["0x" + abi_encode([item.type], [given_values[item.name]]).hex() for item in indexed]
    raw = abi_encode([item.type for item in in_data], [given_values[item.name] for item in in_data])
    log: Any = {
        "address": "0x" + "11" * 20,
        "topics": [bytes.fromhex(topic[2:]) for topic in (event.topic, *topics)],
        "data": raw,
        "blockNumber": 1, "transactionIndex": 0, "logIndex": 0, "transactionHash": b"", "blockHash": b"",
    }  # fmt: skip
    theirs = get_event_data(WEB3.codec, {"anonymous": False, **entry}, log)["args"]
    args = event.decode(topics, raw)
    assert args == {item.name: ours(item, theirs[item.name]) for item in event.inputs}
    assert orjson.loads(event.to_json_text(args)) == event.to_json(args)


def test_of_an_indexed_string_only_the_hash_is_known() -> None:
    event = EventCodec({"name": "Said", "inputs": [{"name": "words", "type": "string", "indexed": True}]})
    assert event.decode(["0x" + "07" * 32], b"") == {"words": "0x" + "07" * 32}


@pytest.mark.parametrize("topics", [[], ["0x" + "00" * 32] * 2, ["0x07"], ["0x" + "zz" * 32]])
def test_topics_of_another_number_or_size_are_refused(topics: list[str]) -> None:
    event = EventCodec({"name": "Closed", "inputs": [{"name": "id", "type": "uint256", "indexed": True}]})
    with pytest.raises(UndecodableData):
        event.decode(topics, b"")


def test_types_that_no_contract_of_ours_uses_in_one_word_are_left_to_the_general_decoder() -> None:
    assert [static_type(kind) for kind in ("string", "bytes", "uint8[2]", "function")] == [None] * 4
