"""Back-tests: a book of lines taken through a price history by the rules of ``orchestrator/credit`` alone, no chain.

Read in this order: ``book`` (what is played), ``path`` (the prices), ``line`` (one line, from candidate to candidate),
``outcome`` (what became of it), ``run`` (a book in shards on all cores), ``summary``, ``report``.
"""
