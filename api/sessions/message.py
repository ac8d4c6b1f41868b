"""The text that a wallet signs to sign in: EIP-4361, written and read.

No library is used: the one that there is (`siwe`) is bound to older versions of web3 and eth-account than ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_FORM: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<domain>[^\s/?#@]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n"
    r"\n(?:(?P<statement>[^\n]+)\n)?\n"
    r"URI: (?P<uri>[^\s]+)\n"
    r"Version: (?P<version>[0-9]+)\n"
    r"Chain ID: (?P<chain_id>[0-9]{1,18})\n"
    r"Nonce: (?P<nonce>[a-zA-Z0-9]{8,32})\n"
    r"Issued At: (?P<issued_at>[0-9T:.Z+-]+)"
    r"(?:\nExpiration Time: (?P<expires_at>[0-9T:.Z+-]+))?"
    r"(?:\nNot Before: (?P<not_before>[0-9T:.Z+-]+))?"
    r"(?:\nRequest ID: (?P<request_id>[^\s]*))?"
    r"(?:\nResources:(?:\n- [^\s]+)*)?",
    re.ASCII,
)
STATEMENT: Final = "Sign in to Covenant. This costs nothing and moves nothing."


class MalformedMessage(ValueError):
    """The text is not of the form of EIP-4361."""


@dataclass(frozen=True, slots=True)
class SignInMessage:
    """What a sign-in message says. Times are aware."""

    scheme: str | None
    domain: str
    address: str
    uri: str
    version: str
    chain_id: int
    nonce: str
    issued_at: datetime
    expires_at: datetime | None = None
    not_before: datetime | None = None
    statement: str | None = STATEMENT

    def text(self) -> str:
        """As it is signed, byte for byte. Only what ``read_message`` can meet in it is written."""
        lines = [
            f"{self.domain} wants you to sign in with your Ethereum account:",
            self.address,
            "",
            *([self.statement] if self.statement else []),
            "",
            f"URI: {self.uri}",
            f"Version: {self.version}",
            f"Chain ID: {self.chain_id}",
            f"Nonce: {self.nonce}",
            f"Issued At: {_rfc3339(self.issued_at)}",
            *([f"Expiration Time: {_rfc3339(self.expires_at)}"] if self.expires_at else []),
            *([f"Not Before: {_rfc3339(self.not_before)}"] if self.not_before else []),
        ]
        return "\n".join(lines)


def read_message(text: str) -> SignInMessage:
    """Raises MalformedMessage."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise MalformedMessage("the message is not of the form of EIP-4361")
    return SignInMessage(
        scheme=found["scheme"],
        domain=found["domain"],
        address=found["address"],
        uri=found["uri"],
        version=found["version"],
        chain_id=int(found["chain_id"]),
        nonce=found["nonce"],
        issued_at=_moment(found["issued_at"]),
        expires_at=None if found["expires_at"] is None else _moment(found["expires_at"]),
        not_before=None if found["not_before"] is None else _moment(found["not_before"]),
        statement=found["statement"],
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedMessage("a time of the message is not in RFC 3339") from None
    if moment.tzinfo is None:
        raise MalformedMessage("a time of the message has no zone")
    return moment


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
