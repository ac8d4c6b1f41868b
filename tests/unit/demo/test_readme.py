"""What the README promises is there: targets, commands, variables, pages; and its run is one of this demo."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from orchestrator.settings import Settings
from scripts.cli.app import app, noun_files
from scripts.demo import crash
from scripts.demo.capture import BEGIN, END, shortened, with_run
from scripts.deploy.artifacts import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
WORDS = README[: README.index(BEGIN)] + README[README.index(END) :]
RUN = README[README.index(BEGIN) : README.index(END)]

WHOLE_RUN = """
━━ Covenant ━━
   ✓ up

 5  The market moves
   11 Mar 23:00    194.90  █▊··  48.2 %
   12 Mar 00:00    194.15  █▉··  48.4 %
   12 Mar 01:00    180.00  ██··  49.0 %
       ↳ 1 USDC paid from the reserve
   12 Mar 02:00    170.00  ██··  49.0 %
       ↳ 2 USDC paid from the reserve
   12 Mar 03:00    160.00  ██··  49.0 %
       ↳ 3 USDC paid from the reserve
   12 Mar 04:00    150.00  ██··  49.0 %
       ↳ 4 USDC paid from the reserve
   a bill is due  5 USDC
       ↳ 5 USDC bill paid from the reserve
   12 Mar 05:00    149.00  ██··  49.0 %
   12 Mar 06:00    148.00  ██··  49.0 %

 6  The end

 fired
 ─────
 a
 b
 c
 d

   ✓ checked
"""


def nouns() -> dict[str, Any]:
    command = typer.main.get_command(app)
    context = command.make_context("covenant", ["--help"], resilient_parsing=True)
    return {name: command.resolve_command(context, [name])[1] for name, _ in noun_files()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", WORDS, re.MULTILINE))))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`covenant ([a-z][^`]*)`", WORDS))))
def test_every_command_exists_with_its_options(line: str) -> None:
    noun, *rest = line.split()
    command = nouns()[noun]
    if rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest[0]]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"`([A-Z]+_[A-Z_]+)`", WORDS))))
def test_every_variable_is_a_setting(variable: str) -> None:
    assert variable.lower() in Settings.model_fields


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", WORDS))))
def test_every_page_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_run_is_one_of_this_demo_that_passed() -> None:
    prices = [int(float(price) * 100) for price in re.findall(r"^   \d\d \w{3} \d\d:\d\d +([\d.]+)", RUN, re.MULTILINE)]
    assert prices[0] == crash.CENTS[0]
    assert prices[-1] == crash.CENTS[-1]
    assert [cents for cents in crash.CENTS if cents in prices] == prices
    assert re.search(r"\d+ checks passed, \d+\.\d s in all", RUN)
    assert "✗" not in RUN


def test_a_run_is_shortened_to_its_turning_points() -> None:
    assert shortened(WHOLE_RUN).splitlines() == [
        "━━ Covenant ━━",
        "   ✓ up",
        "",
        " 5  The market moves",
        "   11 Mar 23:00    194.90  █▊··  48.2 %",
        "   …",
        "   12 Mar 01:00    180.00  ██··  49.0 %",
        "       ↳ 1 USDC paid from the reserve",
        "   12 Mar 02:00    170.00  ██··  49.0 %",
        "       ↳ 2 USDC paid from the reserve",
        "   12 Mar 03:00    160.00  ██··  49.0 %",
        "       ↳ 3 USDC paid from the reserve",
        "   …",
        "   a bill is due  5 USDC",
        "       ↳ 5 USDC bill paid from the reserve",
        "   …",
        "   12 Mar 06:00    148.00  ██··  49.0 %",
        "",
        " 6  The end",
        "",
        " fired",
        " ─────",
        " a",
        " b",
        " c",
        " …",
        "",
        "   ✓ checked",
    ]


def test_a_run_goes_between_the_marks_and_nowhere_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter"
    assert with_run(page, "new") == f"before\n{BEGIN}\n```text\nnew\n```\n{END}\nafter"
    with pytest.raises(ValueError, match="no place"):
        with_run("no marks", "new")


def test_the_readme_names_no_path_of_a_machine() -> None:
    assert not re.search(r"/(home|root|work|tmp|Users)/", README)
    assert Path(ROOT / "README.md").stat().st_size < 10_000
