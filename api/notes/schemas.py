"""JSON forms of notes."""

from __future__ import annotations

from pydantic import Field

from api.wire import Address, Snapshotted, WireModel


class Attribute(WireModel):
    trait: str
    value: str


class Note(Snapshotted):
    """The NFT of a line, as its contract describes it. All of it is text from the chain: escape it."""

    line_id: int
    nft: Address
    holder: Address
    name: str
    description: str
    image: str = Field(
        description="A `data:image/svg+xml;base64,` URI. Show it by `<img src>`, where no script in it runs: "
        "never put the SVG itself into a page."
    )
    attributes: list[Attribute]
