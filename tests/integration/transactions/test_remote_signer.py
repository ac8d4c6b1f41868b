"""A remote signer gives the bytes that a keystore would, and what it does wrong signs nothing."""

import uuid
from collections.abc import AsyncIterator

import pytest
from eth_account import Account

from orchestrator.transactions.fees import Fees
from orchestrator.transactions.signers import SignerError, SignerUnavailable, UnsignedTransaction
from orchestrator.transactions.signers.keystore import KeystoreSigner
from orchestrator.transactions.signers.remote import RemoteSigner
from tests.integration.transactions.ground import CHAIN_ID, KEY, PAYEE, POLICY, Ground, make_sender
from tests.integration.transactions.web3signer import StandIn, web3signer

ADDRESS = Account.from_key(KEY).address
TRANSACTION = UnsignedTransaction(CHAIN_ID, 7, PAYEE, b"\x01\x02", 3, 90_000, Fees(40 * 10**9, 10**9))


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with web3signer(KEY) as stand_in:
        yield stand_in


@pytest.fixture
async def remote(stand_in: StandIn) -> AsyncIterator[RemoteSigner]:
    signer = await RemoteSigner.open_remote(stand_in.url, ADDRESS)
    yield signer
    await signer.aclose()


async def test_it_signs_as_the_keystore_does_byte_for_byte(remote: RemoteSigner) -> None:
    local = KeystoreSigner(Account.from_key(KEY))
    assert remote.address == local.address
    assert await remote.sign(TRANSACTION) == await local.sign(TRANSACTION)
    assert Account.recover_transaction(await remote.sign(TRANSACTION)) == ADDRESS


async def test_an_address_that_it_has_no_key_of_is_refused_at_the_start(stand_in: StandIn) -> None:
    with pytest.raises(SignerError, match="has no key of 0xbebe"):
        await RemoteSigner.open_remote(stand_in.url, PAYEE)


async def test_a_signature_of_another_key_or_over_other_bytes_is_not_believed(
    stand_in: StandIn, remote: RemoteSigner
) -> None:
    other = Account.from_key("0x" + "22" * 32).unsafe_sign_hash(b"\x01" * 32).signature.hex()
    stand_in.answer = (200, "0x" + other)
    with pytest.raises(SignerError, match="signed with the key of"):
        await remote.sign(TRANSACTION)


@pytest.mark.parametrize("text", ["", "0x", "hello", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 64])
async def test_what_is_no_signature_is_told_as_that(stand_in: StandIn, remote: RemoteSigner, text: str) -> None:
    stand_in.answer = (200, text)
    with pytest.raises(SignerError):
        await remote.sign(TRANSACTION)


async def test_a_refusal_is_told_apart_from_a_signer_that_is_away(stand_in: StandIn, remote: RemoteSigner) -> None:
    stand_in.answer = (404, "")
    with pytest.raises(SignerError) as refused:
        await remote.sign(TRANSACTION)
    assert not isinstance(refused.value, SignerUnavailable)
    stand_in.answer = (500, "")
    with pytest.raises(SignerUnavailable):
        await remote.sign(TRANSACTION)
    with pytest.raises(SignerUnavailable, match="does not answer"):
        await RemoteSigner.open_remote("http://user:hush@127.0.0.1:1", ADDRESS)


async def test_errors_hold_no_credentials_of_the_url() -> None:
    with pytest.raises(SignerUnavailable) as away:
        await RemoteSigner.open_remote("http://user:hush@127.0.0.1:1/secret-path", ADDRESS)
    assert "hush" not in str(away.value)
    assert "secret" not in str(away.value)


async def test_while_it_is_away_no_nonce_is_used_and_afterwards_everything_is_sent(
    ground: Ground, stand_in: StandIn, remote: RemoteSigner
) -> None:
    sender = make_sender(ground.chain.rpc, ground.sessions, ground.told, policy=POLICY, signer=remote)
    intents: list[uuid.UUID] = [await ground.queue() for _ in range(2)]
    stand_in.answer = (503, "")
    with pytest.raises(SignerUnavailable):
        await sender.tick()
    assert [(await ground.intent(one)).status for one in intents] == ["queued", "queued"]
    stand_in.answer = None
    ground.sender = sender
    assert await ground.settle(*intents) == ["finalized", "finalized"]
    assert [(await ground.intent(one)).nonce for one in intents] == [0, 1]
