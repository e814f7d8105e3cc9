"""The published pages in a real browser: nothing overflows, nothing is asked of the network."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SAMPLES = ("harbour-mutual", "northgate-transit", "alder-retail")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
]

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine; install it to look at the pages"),
]

MEASURE = """<!doctype html><iframe id="page" width="{width}" height="900" srcdoc="{page}"></iframe>
<script>
document.getElementById("page").addEventListener("load", (loaded) => {{
  const page = loaded.target.contentDocument.documentElement;
  const out = document.createElement("output");
  out.textContent = JSON.stringify({{wide: page.scrollWidth, seen: page.clientWidth, tall: page.scrollHeight}});
  document.body.append(out);
}});
</script>"""


def browse(*arguments: str, profile: Path) -> str:
    """Return what the browser prints."""
    command = [str(BROWSER), *QUIET, f"--user-data-dir={profile}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout  # noqa: S603 - a browser on our own page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", SAMPLES)
def test_no_page_is_wider_than_its_window(reports: Path, tmp_path: Path, name: str, width: int) -> None:
    """On a phone and on a laptop a reader never scrolls sideways."""
    page = (reports / name / "latest" / "report.html").read_text(encoding="utf-8")
    wrapper = tmp_path / "wrapper.html"
    wrapper.write_text(MEASURE.format(width=width, page=html.escape(page)), encoding="utf-8")
    shown = browse("--virtual-time-budget=5000", "--dump-dom", wrapper.as_uri(), profile=tmp_path / "profile")
    found = re.search(r"<output>(.*?)</output>", shown)
    assert found is not None
    size = json.loads(found[1])
    assert size["tall"] > 2_000
    assert size["wide"] <= size["seen"] <= width


def addresses(page: str, folder: Path) -> set[str]:
    """Return the addresses that the browser asked for while it showed a page, its own look for updates apart."""
    record = folder / "requests.json"
    browse(f"--log-net-log={record}", "--dump-dom", page, profile=folder / "profile")
    asked = re.findall(r'"url":"((?:https?|wss?|ftp)://[^"]+)"', record.read_text(encoding="utf-8"))
    return {address for address in asked if "google" not in address and "gvt1" not in address}


def test_the_page_asks_nothing_of_the_network(reports: Path, tmp_path: Path) -> None:
    """The browser's own record of requests is empty, and is not for a page that does ask."""
    page = reports / "harbour-mutual" / "latest" / "report.html"
    asking = tmp_path / "asking.html"
    asking.write_text('<!doctype html><img src="http://127.0.0.1:9/logo.png">', encoding="utf-8")
    assert addresses(page.resolve().as_uri(), tmp_path) == set()
    assert addresses(asking.as_uri(), tmp_path) == {"http://127.0.0.1:9/logo.png"}
