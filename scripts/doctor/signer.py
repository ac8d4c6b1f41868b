"""The signer: can its key be used, is it kept private, and can it pay for what it will send?"""

import asyncio
import stat
from pathlib import Path

from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.errors import CovenantError
from orchestrator.transactions.fees import FeeMarket, initial_fees
from orchestrator.transactions.node import Node
from orchestrator.transactions.signers.keystore import open_keystore
from scripts.doctor.diagnosis import Area, Diagnosis

SIGNER = Area("signer")

# What a repayment that a trigger fires costs at the most, in gas; a batch of them costs less for each.
GAS_PER_TRANSACTION = 300_000
# With fewer transactions in the purse than this, somebody should fill it.
COMFORTABLE = 100

WEI_PER_ETHER = 10**18


async def check_key(keystore: Path, password_file: Path) -> tuple[list[Diagnosis], str | None]:
    """Opens the key as the sender would, and returns its address; who else may read the two files is checked too."""
    try:
        signer = await asyncio.to_thread(open_keystore, keystore, password_file)
    except CovenantError as error:
        return [SIGNER.failed("key", error)], None
    opened = SIGNER.ok("key", f"{signer.address}, opened with its password")
    return [opened, *check_privacy(keystore), *check_privacy(password_file)], signer.address


def check_privacy(path: Path) -> list[Diagnosis]:
    """A warning when others than the owner may read a file."""
    mode = path.stat().st_mode
    if not mode & (stat.S_IRGRP | stat.S_IROTH):
        return []
    found = f"{path} can be read by others (mode {stat.S_IMODE(mode):o})"
    return [SIGNER.warn("privacy", found, f"chmod 600 {path}")]


async def check_purse(rpc: JsonRpc, address: str, max_fee_per_gas_wei: int) -> Diagnosis:
    """How many transactions the balance pays for, at the fees that the sender would offer now."""
    node = Node(rpc)
    try:
        market, balance_wei = (await node.view(address)).market, await node.balance_wei(address)
    except RpcError as error:
        return SIGNER.failed("balance", error)
    return judge_purse(address, balance_wei, market, max_fee_per_gas_wei)


def judge_purse(address: str, balance_wei: int, market: FeeMarket, max_fee_per_gas_wei: int) -> Diagnosis:
    """Fails when nothing can be sent; warns when not much can."""
    fees = initial_fees(market, max_fee_per_gas_wei)
    if fees is None:
        found = (
            f"the base fee is {market.base_fee_wei:,} wei, above the cap of {max_fee_per_gas_wei:,}: nothing is sent"
        )
        return SIGNER.fail("fees", found, "raise COVENANT_MAX_FEE_PER_GAS_WEI, or wait until fees fall")
    each_wei = GAS_PER_TRANSACTION * fees.max_fee_per_gas_wei
    affordable = balance_wei // each_wei
    found = f"{ether(balance_wei)} ETH, enough for {affordable:,} transactions at the present fees"
    missing_wei = COMFORTABLE * each_wei - balance_wei
    remedy = f"send it {ether(missing_wei, up=True)} ETH or more: {address}"
    if affordable == 0:
        return SIGNER.fail("balance", f"{ether(balance_wei)} ETH do not pay for one transaction", remedy)
    if affordable < COMFORTABLE:
        return SIGNER.warn("balance", found, remedy)
    return SIGNER.ok("balance", found)


def ether(wei: int, *, up: bool = False) -> str:
    """An amount with six decimals, rounded down unless ``up``."""
    micro = -(-wei // 10**12) if up else wei // 10**12
    return f"{micro // 10**6:,}.{micro % 10**6:06}"
