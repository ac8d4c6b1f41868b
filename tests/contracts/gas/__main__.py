"""``make gas``: measures, prints, writes ``build/gas.json``; exit code 1 when a figure grew or exceeds its budget.

``make gas ACCEPT=1`` makes what was measured the snapshot that the tests compare with.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import ROOT
from tests.contracts.gas.figures import BUDGETS, SNAPSHOT, grown, over_budget, read_snapshot, write_figures
from tests.contracts.gas.scenarios import Measurement, measure
from tests.contracts.support.anvil_chain import own_chain

WRITTEN: Final = ROOT / "build" / "gas.json"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gas", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="make the figures the new snapshot")
    accept: bool = parser.parse_args(arguments).accept
    try:
        with own_chain() as chain:
            measured = measure(chain)
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    figures = {one.operation: one.gas for one in measured}
    write_figures(WRITTEN, figures)
    accepted = read_snapshot() if SNAPSHOT.is_file() else {}
    Console(width=160).print(_table(measured, accepted))
    if accept:
        write_figures(SNAPSHOT, figures)
    objections = over_budget(figures) + ([] if accept else grown(figures, accepted))
    for objection in objections:
        print(objection)
    print(f"{len(figures)} operations, {len(objections)} objections; written to {WRITTEN.relative_to(ROOT)}")
    return 1 if objections else 0


def _table(measured: Sequence[Measurement], accepted: Mapping[str, int]) -> Table:
    table = Table(title="Gas of whole transactions, release build on anvil", title_justify="left")
    table.add_column("operation")
    for column in ("gas", "since snapshot", "budget", "margin"):
        table.add_column(column, justify="right")
    table.add_column("scenario")
    for one in measured:
        budget = BUDGETS.get(one.operation)
        table.add_row(
            one.operation,
            f"{one.gas:,}",
            f"{one.gas - accepted[one.operation]:+,}" if one.operation in accepted else "new",
            f"{budget:,}" if budget else "",
            f"{budget - one.gas:+,}" if budget else "",
            one.scenario,
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
