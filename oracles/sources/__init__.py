"""Where prices come from outside of a chain: one small file for each exchange's wire format, one for asking over HTTP.

An exchange says where to ask and how to read the answer, and is pure; ``source`` asks, ``fetch`` knows about failure.
"""
