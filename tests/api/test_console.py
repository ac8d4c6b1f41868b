"""The console is files: each as what it is, none that is not there, and nothing in them that asks another host."""

import re
from pathlib import Path

import pytest

from api.console.endpoints import POLICY
from api.console.files import INDEX, read_files
from tests.api.world import World

FILES = read_files()
STATIC = Path(__file__).parents[2] / "api/console/static"
NODE_MODULES = Path(__file__).parents[2] / "node_modules"
OWN_CODE = sorted(path for path in FILES if path.startswith("js/"))

IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?\bfrom '([^']+)'|^import '([^']+)'""", re.MULTILINE)
REFERENCE = re.compile(r'(?:href|src)="(/console/[^"]+)"')
OTHER_HOST = re.compile(r"""(?:https?:|wss?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)
NAMES = ("http://www.w3.org/2000/svg",)
"""Written like an address, and never asked."""


@pytest.mark.parametrize("path", ["/console", "/console/"])
async def test_the_console_is_one_page_under_a_policy_that_lets_nothing_in(world: World, path: str) -> None:
    response = await world.client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.content == FILES[INDEX].content


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("js/main.js", "text/javascript; charset=utf-8"),
        ("css/tokens.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("vendor/uplot-1.6.32/LICENSE", "text/plain; charset=utf-8"),
    ],
)
async def test_a_file_is_served_as_what_it_is(world: World, path: str, media_type: str) -> None:
    response = await world.client.get(f"/console/{path}")
    assert response.headers["content-type"] == media_type
    assert response.content == FILES[path].content


async def test_a_file_that_a_browser_holds_is_not_sent_again(world: World) -> None:
    first = await world.client.get("/console/js/main.js")
    again = await world.client.get("/console/js/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"


async def test_what_has_its_version_in_its_path_is_kept_for_ever(world: World) -> None:
    response = await world.client.get("/console/vendor/uplot-1.6.32/uPlot.esm.js")
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["nothing.js", "js", "js/../../files.py", "%2e%2e/files.py", "..%2f..%2fapp.py"])
async def test_what_is_not_there_is_not_found_whatever_the_path(world: World, path: str) -> None:
    response = await world.client.get(f"/console/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_everything_that_the_page_loads_is_there() -> None:
    loaded = REFERENCE.findall(FILES[INDEX].content.decode())
    assert loaded
    assert {path.removeprefix("/console/") for path in loaded} <= FILES.keys()


@pytest.mark.parametrize("path", OWN_CODE)
def test_every_import_leads_to_a_module_of_the_console(path: str) -> None:
    for found in IMPORT.finditer(FILES[path].content.decode()):
        target = ((STATIC / path).parent / (found[1] or found[2])).resolve()
        assert target.is_relative_to(STATIC), f"{path} imports {target}"
        assert target.is_file(), f"{path} imports {target}"


@pytest.mark.parametrize("path", sorted(path for path in FILES if not path.startswith("vendor/")))
def test_no_file_of_ours_names_another_host(path: str) -> None:
    text = FILES[path].content.decode()
    for name in NAMES:
        text = text.replace(name, "")
    assert OTHER_HOST.findall(text) == []


@pytest.mark.parametrize("path", OWN_CODE)
def test_no_module_makes_elements_out_of_text(path: str) -> None:
    text = FILES[path].content.decode()
    assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function)\b", text)


@pytest.mark.parametrize(
    ("kept", "installed"),
    [
        ("vendor/uplot-1.6.32/uPlot.esm.js", "uplot/dist/uPlot.esm.js"),
        ("vendor/uplot-1.6.32/uPlot.min.css", "uplot/dist/uPlot.min.css"),
        ("vendor/uplot-1.6.32/LICENSE", "uplot/LICENSE"),
        ("vendor/morphdom-2.7.8/morphdom-esm.js", "morphdom/dist/morphdom-esm.js"),
        ("vendor/morphdom-2.7.8/LICENSE", "morphdom/LICENSE"),
    ],
)
def test_what_others_wrote_is_what_npm_gives(kept: str, installed: str) -> None:
    assert FILES[kept].content == (NODE_MODULES / installed).read_bytes()
