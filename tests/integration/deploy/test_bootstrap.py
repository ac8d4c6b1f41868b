"""A local chain from nothing to a market with a price."""

import json
import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc
from scripts.deploy.plan import read
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.bootstrap import FIRST_ANSWER, NotALocalChain, bootstrap


async def test_a_bare_chain_gets_a_market_with_a_price(anvil: str, tmp_path: Path) -> None:
    local = await bootstrap(anvil, tmp_path)
    book = AddressBook.load(local.book_path)
    assert book == local.book
    rpc = JsonRpc(anvil)
    price, deviation = await read(rpc, load_contract("OracleAdapter"), book.market(1).oracle, "riskPrice")
    balances = [integer(await rpc.call("eth_getBalance", [local.accounts.address(role), "latest"])) for role in Role]
    await rpc.aclose()
    assert (price, deviation) == (FIRST_ANSWER * 10**6 * 10**36 // (10**8 * 10**18), 0)
    assert min(balances) > 10**21


async def test_running_it_again_changes_nothing(anvil: str, tmp_path: Path) -> None:
    first = await bootstrap(anvil, tmp_path)
    rpc = JsonRpc(anvil)
    height = await rpc.call("eth_blockNumber")
    again = await bootstrap(anvil, tmp_path, first_answer=1)
    assert await rpc.call("eth_blockNumber") == height
    await rpc.aclose()
    assert again == first


@pytest.fixture
def foreign_node() -> Iterator[str]:
    """A node that knows no method of anvil's, as every node on a public chain."""

    class Node(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            error = {"code": -32601, "message": f"the method {request['method']} does not exist"}
            body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Node) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_broken_book_of_an_earlier_chain_is_replaced(anvil: str, tmp_path: Path) -> None:
    (tmp_path / "31337.book.json").write_text("left by a crash")
    local = await bootstrap(anvil, tmp_path)
    assert AddressBook.load(local.book_path) == local.book


def test_keys_are_readable_by_their_owner_alone_and_stay_the_same(tmp_path: Path) -> None:
    accounts = LocalAccounts.create(tmp_path)
    files = [accounts.password_file, *(accounts.keystore(role) for role in Role)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(accounts.directory.stat().st_mode) == 0o700
    again = LocalAccounts.create(tmp_path)
    assert [again.unlock(role).address for role in Role] == [accounts.address(role) for role in Role]
    assert len({accounts.address(role) for role in Role}) == len(Role)


async def test_a_chain_that_is_not_anvil_is_left_alone(tmp_path: Path, foreign_node: str) -> None:
    with pytest.raises(NotALocalChain, match="is not a local anvil chain"):
        await bootstrap(foreign_node, tmp_path)
    assert list(tmp_path.iterdir()) == []
