"""`covenant-client` is a distribution of its own: it builds without a network, and needs nothing of the service."""

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import covenant_client
from scripts.deploy.artifacts import ROOT

SOURCE = ROOT / "api" / "client"
ALLOWED = {"covenant_client", "httpx", "pydantic"} | sys.stdlib_module_names


def test_it_imports_httpx_pydantic_and_the_standard_library_alone() -> None:
    modules = sorted((SOURCE / "src").rglob("*.py"))
    assert len(modules) > 10
    foreign = [f"{path.name}: {name}" for path in modules for name in imports(path) if name not in ALLOWED]
    assert foreign == []


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]


def test_its_wheel_works_where_the_service_is_not(tmp_path: Path) -> None:
    """Its dependencies are the locked ones: a path file shows them to the new environment, but not what path files of
    their folder show, which is how the service is installed.
    """
    wheel = built_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        described = Parser().parsestr(archive.read(metadata).decode())
    assert described["Name"] == "covenant-client"
    assert described["Version"] == covenant_client.__version__
    assert {need.partition("<")[0] for need in described.get_all("Requires-Dist", [])} == {"httpx", "pydantic"}
    assert "covenant_client/py.typed" in names

    python = fresh_environment(tmp_path / "venv", wheel)
    told = subprocess.run(
        [python, "-I", "-c", PROGRAM], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.split()
    assert told == [covenant_client.__version__, "alone"]


PROGRAM = """
import importlib.util, covenant_client
with covenant_client.Client("http://127.0.0.1:9") as client:
    assert client.get_line
print(covenant_client.__version__)
print("with the service" if importlib.util.find_spec("orchestrator") else "alone")
"""


def built_wheel(directory: Path) -> Path:
    """From a copy: setuptools leaves its traces beside the sources."""
    source = directory / "source"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "build"))
    builder = "import sys, setuptools.build_meta as backend; print(backend.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", builder, directory], cwd=source, check=True, capture_output=True)
    [wheel] = directory.glob("*.whl")
    return wheel


def fresh_environment(place: Path, wheel: Path) -> Path:
    """A new environment with what the wheel holds, and the path to the locked packages."""
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    [packages] = place.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place / "bin" / "python"
