"""The named steps of the engine at one head."""

from __future__ import annotations

from enum import StrEnum


class EngineStep(StrEnum):
    """In their order. ``STORED``: with triggers; a head that fires none passes ``EVALUATED`` alone."""

    FOUND = "a head to evaluate is found"
    READ = "prices are read"
    STORED_UNCOMMITTED = "triggers and intents are stored, before the commit"
    STORED = "triggers and intents are committed"
    EVALUATED = "the head is evaluated, before people are told"
    TOLD = "people are told"
