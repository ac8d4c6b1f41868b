"""The metadata that an ERC-721 `tokenURI` carries in itself, read strictly: nothing that it names is ever fetched."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Final

from pydantic import BaseModel, Field, ValidationError

from orchestrator.chain.codec import UndecodableData

_JSON: Final = "data:application/json;base64,"
_MAX_CHARACTERS: Final = 256 * 1024


class Trait(BaseModel):
    """One pair of what people call attributes."""

    trait_type: str
    value: str


class Metadata(BaseModel):
    """The standard's three members, and the attributes that marketplaces show."""

    name: str
    description: str
    image: Annotated[str, Field(pattern=r"^data:image/svg\+xml;base64,[A-Za-z0-9+/]+={0,2}$")]
    attributes: list[Trait]


def read_metadata(token_uri: str) -> Metadata:
    """Raises UndecodableData for anything but JSON with an SVG, both in base64, of a reasonable size."""
    if not token_uri.startswith(_JSON) or len(token_uri) > _MAX_CHARACTERS:
        raise UndecodableData("the token URI is not JSON in base64, or is too long")
    try:
        return Metadata.model_validate(json.loads(base64.b64decode(token_uri[len(_JSON) :], validate=True)))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValidationError) as error:
        raise UndecodableData(f"the token URI is not metadata: {type(error).__name__}") from None
