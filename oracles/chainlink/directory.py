"""Chainlink's directory of data feeds: the JSON file that lists, per network, every feed and what it promises.

The file is Chainlink's own (one array, one object a feed). Only what a judgement needs is read; what is read is strict.
Entries without a proxy are streams, not feeds that a contract could ask, and are counted, not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from oracles.health import DEFAULT_MARGIN_S, DEFAULT_MAX_JUMP_BPS, FeedPolicy
from orchestrator.errors import CovenantError

FROZEN_AFTER: Final = 5
"""So many equal answers in a row of a traded price are remarkable. ETH/USD had two at most in ten months of 2023."""

JUMP_IN_THRESHOLDS: Final = 4
"""A feed that may be wrong by 25 % jumps by more than that before it is remarkable."""

_MAX_HEARTBEAT_S: Final = 2**32 - 1
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class BadDirectory(CovenantError):
    """The file is no directory of feeds, or has an entry that can't be judged by."""


class UnknownFeed(CovenantError):
    """The directory has no such feed."""


@dataclass(frozen=True, slots=True)
class DirectoryFeed:
    """What one feed promises.

    Attributes:
        path: its name in the directory, unique: ``eth-usd``.
        name: its name for people: ``ETH / USD``.
        proxy: the address that contracts read, in lower case.
        decimals: of its answers.
        heartbeat_s: it answers at least this often.
        deviation_percent: and whenever its value moved by this much; 0 for a feed that only keeps its heartbeat.
        max_answer: the largest answer that its aggregator accepts, or None.
        traded: the price of something that trades all day and is pegged to nothing, so that it never stands still.
    """

    path: str
    name: str
    proxy: str
    decimals: int
    heartbeat_s: int
    deviation_percent: Decimal
    max_answer: int | None
    traded: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """The feeds of one network, by path. ``streams`` counts the entries that have no proxy."""

    feeds: Mapping[str, DirectoryFeed]
    streams: int

    def find(self, wanted: str) -> DirectoryFeed:
        """By path, by the proxy's address, or by name where only one feed has it.

        Raises:
            UnknownFeed: there is none, or several have that name.
        """
        if wanted in self.feeds:
            return self.feeds[wanted]
        plain = _plain(wanted)
        found = [feed for feed in self.feeds.values() if plain in (feed.proxy, _plain(feed.name))]
        if len(found) == 1:
            return found[0]
        if found:
            paths = ", ".join(feed.path for feed in found)
            raise UnknownFeed(f"{len(found)} feeds are called {wanted!r}", f"name one of {paths}")
        raise UnknownFeed(f"the directory has no feed {wanted!r}", "give a path such as eth-usd, or a proxy's address")

    def at(self, proxy: str) -> DirectoryFeed | None:
        """The feed that contracts read at this address, or None."""
        return next((feed for feed in self.feeds.values() if feed.proxy == proxy.lower()), None)


def policy_of(feed: DirectoryFeed, margin_s: int = DEFAULT_MARGIN_S) -> FeedPolicy:
    """How to judge a feed that promises this. ``margin_s`` is what we grant on top of its heartbeat (pitfall 37)."""
    deviation_bps = int(feed.deviation_percent * 100)
    return FeedPolicy(
        heartbeat_s=feed.heartbeat_s,
        margin_s=margin_s,
        max_jump_bps=max(DEFAULT_MAX_JUMP_BPS, JUMP_IN_THRESHOLDS * deviation_bps),
        max_answer=feed.max_answer,
        frozen_after=FROZEN_AFTER if feed.traded else None,
    )


def read_directory(path: Path) -> Directory:
    """Reads a directory file.

    Raises:
        BadDirectory: unreadable, not in Chainlink's form, or an entry is; the message names the entry.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadDirectory(f"there is no file {path}", "check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadDirectory(f"{path} cannot be read as text: {error}", "give Chainlink's directory of feeds") from error
    return parse_directory(text, str(path))


def parse_directory(text: str, source: str) -> Directory:
    """The same for the text of a file; ``source`` names it in errors."""
    hint = "give the JSON array of feeds that Chainlink publishes for one network"
    try:
        entries = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise BadDirectory(f"{source} is not JSON: {error}", hint) from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadDirectory(f"{source} is not an array of objects", hint)
    feeds: dict[str, DirectoryFeed] = {}
    streams = 0
    for number, entry in enumerate(entries, start=1):
        if entry.get("proxyAddress") is None:
            streams += 1
            continue
        try:
            feed = _feed_of(entry)
        except ValueError as error:
            raise BadDirectory(f"{source}, entry {number} ({entry.get('path')!r}): {error}", hint) from None
        if feed.path in feeds:
            raise BadDirectory(f"{source}, entry {number}: {feed.path!r} is there twice", hint)
        feeds[feed.path] = feed
    return Directory(feeds, streams)


def _feed_of(entry: Mapping[str, Any]) -> DirectoryFeed:
    """Raises ValueError, which says what is wrong with the entry."""
    proxy = entry["proxyAddress"]
    if not isinstance(proxy, str) or not _ADDRESS.fullmatch(proxy):
        raise ValueError(f"proxyAddress {proxy!r} is no address")
    path, name = entry.get("path"), entry.get("name")
    if not isinstance(path, str) or not path or not isinstance(name, str):
        raise ValueError("path and name must be text")
    docs = entry.get("docs")
    return DirectoryFeed(
        path=path,
        name=name,
        proxy=proxy.lower(),
        decimals=_integer(entry, "decimals", 0, 77),
        heartbeat_s=_integer(entry, "heartbeat", 1, _MAX_HEARTBEAT_S),
        deviation_percent=_percent(entry),
        max_answer=_max_answer(entry),
        traded=isinstance(docs, dict) and _is_traded(docs),
    )


def _integer(entry: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = entry.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} {value!r} is no whole number from {low} to {high}")
    return value


def _percent(entry: Mapping[str, Any]) -> Decimal:
    value = entry.get("threshold")
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or value < 0:
        raise ValueError(f"threshold {value!r} is no percentage")
    return Decimal(value)


def _max_answer(entry: Mapping[str, Any]) -> int | None:
    """Some entries say 1, which no answer keeps to: a field that nobody filled in."""
    text = entry.get("maxSubmissionValue") or ""
    if not isinstance(text, str) or not (text == "" or (text.isascii() and text.isdigit())):
        raise ValueError(f"maxSubmissionValue {text!r} is no whole number")
    return int(text) if text not in ("", "0", "1") else None


def _is_traded(docs: Mapping[str, Any]) -> bool:
    pegged = docs.get("assetSubClass") not in (None, "", "Crypto")
    return docs.get("productType") == "Price" and docs.get("assetClass") == "Crypto" and not pegged


def _plain(name: str) -> str:
    return name.replace(" ", "").lower()
