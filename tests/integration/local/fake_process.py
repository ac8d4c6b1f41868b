"""A process for the supervisor's tests: `fake_process.py NAME MODE`. MODE decides what it does."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

SLEEP_S = 600


def say_ready() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


def main(name: str, mode: str) -> None:
    facts = {variable: os.environ.get(variable) for variable in ("DATABASE_URL", "REDIS_URL", "RPC_URL", "PREPARED")}
    print(json.dumps({"process": name, "message": "started", "pid": os.getpid(), **facts}), flush=True)
    if mode == "exits-before-ready":
        print("a plain line about the reason", flush=True)
        sys.exit(7)
    if mode == "ignores-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "has-child":
        subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({SLEEP_S})"])
    if mode != "never-ready":
        say_ready()
    if mode == "fails":
        sys.exit(3)
    if mode != "finishes":
        time.sleep(SLEEP_S)


main(*sys.argv[1:])
