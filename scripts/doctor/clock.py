"""This machine's clock against the chain's. Leases, retries and alerts run on ours; everything else on the chain's."""

from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError
from scripts.doctor.diagnosis import Area, Diagnosis
from scripts.local.anvil import CHAIN_ID as LOCAL_CHAIN_ID

CLOCK = Area("clock")

# A block cannot be from the future by more than a few seconds, unless our clock is behind.
MAX_AHEAD_S = 15
# The slowest chains in use make a block every few minutes at the most.
MAX_BEHIND_S = 900


async def check_clock(rpc: JsonRpc, chain_id: int, now_s: float) -> Diagnosis:
    """``now_s`` is the wall clock, in seconds since 1970."""
    try:
        block = await rpc.call("eth_getBlockByNumber", ("latest", False))
        return judge_clock(integer(block["timestamp"]), now_s, is_local=chain_id == LOCAL_CHAIN_ID)
    except RpcError as error:
        return CLOCK.failed("chain head", error)
    except (ValueError, TypeError, KeyError):
        return CLOCK.fail("chain head", f"{rpc.provider} sent no block", "check what stands at RPC_URL")


def judge_clock(timestamp_s: int, now_s: float, *, is_local: bool) -> Diagnosis:
    """The newest block's time against ours. A local chain is time-travelled at will."""
    age_s = round(now_s - timestamp_s)
    if is_local:
        return CLOCK.ok("chain head", "a local chain, which lives in its own time")
    if age_s < -MAX_AHEAD_S:
        return CLOCK.warn("chain head", f"{-age_s} s in the future", "set this machine's clock (run an NTP client)")
    if age_s > MAX_BEHIND_S:
        found = f"{age_s:,} s old"
        return CLOCK.warn("chain head", found, "the provider lags or the chain stands still; else set this clock")
    return CLOCK.ok("chain head", f"{age_s} s old")
