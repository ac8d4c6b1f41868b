"""The local stack: embedded PostgreSQL, Redis and anvil, and the supervisor that runs the processes on top of them.

Nothing is left running. Each child is put in a session of its own by `launch`, which registers it with a `guard`
process before it becomes the program; the guard ends what is registered when the owner is gone, however it went. Linux
also ends each child by itself when its parent dies.
"""
