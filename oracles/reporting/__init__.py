"""Reporters of an ``AttestedFeed``: each looks at a fact, signs what it saw, and gives it to whoever leads just now.

Read in this order: ``observation`` (what is signed), ``feed`` (what the chain says), ``schedule`` (when, and who
leads), ``pot`` (what a leader has), ``reporter`` (one step of one reporter), ``endpoint`` (how observations arrive).
"""
