"""The solver that halmos asks: yices over the bits, for a moment, then cvc5 over the integers, then yices for long.

    python solver.py QUERY.smt2

Runs in the environment of the audit tools, where cvc5 lives, and imports nothing of the project. What is linear over
numbers of 256 bits is a riddle of thousands of bits to one kind of solver, and a line of arithmetic to the other.
"""

import re
import subprocess
import sys
from pathlib import Path

import cvc5

# What one of them can tell it mostly tells at once. Yices is given so much of a processor, however many wait for it;
# cvc5 counts the clock alone, and is given what it takes on a busy machine.
FIRST_CPU_S = 2
PATIENCE_MS = 60_000

_TIMES_CONSTANT = re.compile(r"\(bvmul \(_ bv(\d+) (\d+)\) ")


def over_integers(query: str) -> str:
    """What cvc5 says: "sat" and a model, "unsat", or anything else."""
    solver = cvc5.Solver()
    for option, value in {"solve-bv-as-int": "sum", "produce-models": "true", "tlimit-per": str(PATIENCE_MS)}.items():
        solver.setOption(option, value)
    symbols = cvc5.SymbolManager(solver)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, query, "query")
    said = []
    while not (command := parser.nextCommand()).isNull():
        answer = command.invoke(solver, symbols)
        said.append(answer)
        if answer.startswith("un"):
            break
    return "".join(said)


def with_differences(query: str) -> str:
    """The same query with c·x for a constant c of the upper half written as −((2ⁿ − c)·x), which it is modulo 2ⁿ.

    Halmos has x − y as x + (2ⁿ − 1)·y. As an integer the second term is huge, and the solver loses itself in how often
    2ⁿ goes into it.
    """
    match = _TIMES_CONSTANT.search(query)
    if match is None:
        return query
    constant, bits = int(match[1]), int(match[2])
    head, rest = query[: match.start()], query[match.end() :]
    if constant < 1 << (bits - 1):
        return head + match[0] + with_differences(rest)
    end = _end_of_operand(rest)
    operand, factor = with_differences(rest[:end]), (1 << bits) - constant
    product = operand if factor == 1 else f"(bvmul (_ bv{factor} {bits}) {operand})"
    return f"{head}(bvneg {product}){with_differences(rest[end + 1 :])}"


def _end_of_operand(text: str) -> int:
    """Where the bracket closes that was open before ``text``."""
    depth = 0
    for position, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            if depth == 0:
                return position
            depth -= 1
    raise ValueError("the query's brackets do not match")


def over_bits(query: Path, cpu_s: int | None = None) -> str:
    """What yices says; nothing when it is not done within ``cpu_s`` seconds of a processor."""
    yices = Path(sys.executable).with_name("yices-smt2")
    command = [str(yices), "--smt2-model-format", "--bvconst-in-decimal", str(query)]
    if cpu_s is not None:
        command = ["/bin/sh", "-c", f'ulimit -t {cpu_s} && exec "$@"', "yices", *command]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout if run.returncode == 0 else ""


def decided(answer: str) -> bool:
    return answer.startswith(("sat", "unsat"))


def main(query: Path) -> None:
    answer = over_bits(query, FIRST_CPU_S)
    if not decided(answer):
        answer = over_integers(with_differences(query.read_text(encoding="utf-8")))
    if not decided(answer):
        answer = over_bits(query)
    sys.stdout.write(answer)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
