"""An HTTP server on this machine that answers as the exchanges document it, and fails as they do."""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Reply:
    """One response. `delay_s` passes before it; `date` replaces the server's own."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    raw: bytes | None = None

    def content(self) -> bytes:
        return self.raw if self.raw is not None else json.dumps(self.body).encode()


@dataclass(slots=True)
class ExchangeServer:
    """Replies by path, the last one for ever; `asked` are the request lines in order."""

    replies: dict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, *replies: Reply) -> None:
        self.replies[path] = deque(replies)

    def next(self, target: str) -> Reply:
        self.asked.append(target)
        waiting = self.replies.get(target.partition("?")[0])
        if not waiting:
            return Reply(status=404, body={"message": "NotFound"})
        return waiting.popleft() if len(waiting) > 1 else waiting[0]


@contextmanager
def serving() -> Iterator[ExchangeServer]:
    exchanges = ExchangeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = exchanges.next(self.path)
            time.sleep(reply.delay_s)
            content = reply.content()
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    exchanges.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield exchanges
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


COINBASE = {
    "ask": "110.11", "bid": "110.09", "volume": "281234.11914015", "trade_id": 86326522, "price": "110.10",
    "size": "0.00698254", "time": "2020-03-13T04:00:27.833Z", "rfq_volume": "0.00",
}  # fmt: skip
KRAKEN = {
    "error": [],
    "result": {
        "XETHZUSD": {
            "a": ["110.21000", "1", "1.000"],
            "b": ["110.20000", "8", "8.000"],
            "c": ["110.20000", "0.10000000"],
            "v": ["38211.44122000", "501881.40111222"],
            "p": ["120.10", "131.22"],
            "t": [11210, 90122],
            "l": ["88.50", "88.50"],
            "h": ["140.00", "195.00"],
            "o": "132.10",
        }
    },
}
BINANCE = {
    "symbol": "ETHUSD", "priceChange": "-80.2", "priceChangePercent": "-42.1", "weightedAvgPrice": "130.9",
    "lastPrice": "110.30", "lastQty": "2.1", "bidPrice": "110.29", "bidQty": "4.0", "askPrice": "110.31",
    "askQty": "9.2", "openPrice": "190.50", "highPrice": "195.00", "lowPrice": "86.00", "volume": "901223.10",
    "quoteVolume": "118001122.10", "openTime": 1583985627000, "closeTime": 1584072027040, "firstId": 1, "lastId": 9,
    "count": 9,
}  # fmt: skip
BITSTAMP = {
    "ask": "110.44", "bid": "110.32", "high": "195.00", "last": "110.40", "low": "87.10", "open": "190.00",
    "open_24": "190.44", "percent_change_24": "-42.02", "side": "1", "timestamp": "1584072027",
    "volume": "120011.20000000", "vwap": "131.40",
}  # fmt: skip
