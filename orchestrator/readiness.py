"""Tells whoever started this process that it is ready, in systemd's way: a datagram to the socket in NOTIFY_SOCKET."""

import os
import socket


def notify_ready() -> None:
    """Sends `READY=1`. Does nothing when nobody asked to be told.

    Raises OSError when there is somebody but the socket cannot be reached.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract namespace, which systemd may use
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(address)
        sender.send(b"READY=1")
