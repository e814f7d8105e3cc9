"""All three samples, from their folders to published reports, as a consultant would run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ("harbour-mutual", "northgate-transit", "alder-retail")


def truth(name: str) -> dict[str, Any]:
    """Return what was planted."""
    return json.loads((ROOT / "tests" / "truth" / f"{name}.json").read_text(encoding="utf-8"))


def page(reports: Path, name: str) -> str:
    """Return the report's HTML."""
    return (reports / name / "latest" / "report.html").read_text(encoding="utf-8")


def words(html: str) -> str:
    """Return the text a reader sees."""
    visible = re.sub(r"<(style|svg|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", visible)))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_run_publishes_everything_together(reports: Path, name: str) -> None:
    """Page, exhibits, workbook, numbers, manifest and executed notebooks lie side by side."""
    latest = reports / name / "latest"
    for file in ("report.html", "exhibits.xlsx", "results.json", "manifest.json"):
        assert (latest / file).stat().st_size > 0
    notebooks = {path.stem for path in (latest / "notebooks").glob("*.ipynb")}
    assert {"10_readiness", "20_outcomes", "30_allocation", "40_summary"} <= notebooks
    drawings = {path.stem for path in (latest / "exhibits").glob("*.svg")}
    assert drawings == {path.stem for path in (latest / "exhibits").glob("*.png")}
    assert len(drawings) >= 6


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_is_small_and_asks_nothing_of_the_network(reports: Path, name: str) -> None:
    """One file under 600 KB, a policy that forbids the network, no script and no address outside."""
    html = page(reports, name)
    assert len(html.encode()) <= 600_000
    assert "default-src 'none'" in html[: html.index("<title")]
    assert "<script" not in html.lower()
    outside = re.findall(r"(?:src|href|xlink:href|url\()\s*=?\s*[\"']?(https?:[^\"')\s>]+)", html)
    assert outside == []


@pytest.mark.parametrize("name", SAMPLES)
def test_every_figure_quoted_exists_and_every_number_has_one_source(reports: Path, name: str) -> None:
    """An id printed on the page stands in results.json, under one pillar, once."""
    results = json.loads((reports / name / "latest" / "results.json").read_text(encoding="utf-8"))
    ids = [figure["id"] for figure in results["figures"]]
    assert len(ids) == len(set(ids)) > 10
    quoted = set(re.findall(r"\b[ROAS]-\d{3,}\b", words(page(reports, name))))
    assert quoted
    assert quoted <= set(ids)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_other_client_is_named_anywhere(reports: Path, name: str) -> None:
    """Nothing that a run publishes speaks of another engagement."""
    others = [other.encode() for other in SAMPLES if other != name]
    others += [other.split(b"-")[0].title() + b" " + other.split(b"-")[1].title() for other in list(others)]
    for path in (reports / name / "latest").rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                content = b"".join(parts.read(part) for part in parts.namelist())
        # a notebook's default is the sample; the injected cell below it says whose run it is
        if path.suffix == ".ipynb":
            content = content.replace(b'engagement = \\"harbour-mutual\\"', b"")
        assert not any(other in content for other in others), path.name


@pytest.mark.parametrize("name", SAMPLES)
def test_the_first_page_states_what_was_planted(reports: Path, name: str) -> None:
    """The front of the report tells the line that is not ready, the main move and where the money goes."""
    html = page(reports, name)
    front = words(html[: html.index('id="chapter-readiness"')])
    planted = truth(name)
    lines = {line["product_line"]: line["name"] for line in line_names(name)}
    if "not_ready" in planted["readiness"]:
        assert lines[planted["readiness"]["not_ready"]] in front
    if "layer_to_dissolve" in planted["readiness"]:
        assert planted["readiness"]["layer_to_dissolve"] in front
    if "money_goes_to" in planted["allocation"]:
        assert lines[planted["allocation"]["money_goes_to"]] in front
    for closed in planted["allocation"].get("close", ()):
        assert re.search(rf"{re.escape(lines[closed])}[^.]*proposed to close", front)
    if "off_for_want_of" in planted["allocation"]:
        text = words(html)
        assert all(table in text for table in planted["allocation"]["off_for_want_of"])


def line_names(name: str) -> list[dict[str, Any]]:
    """Return the client's register of lines."""
    from workbench.engagement.load import load_engagement

    return load_engagement(name).tables["lines"].to_dict("records")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_manifest_can_be_argued_with(reports: Path, name: str) -> None:
    """Each input's hash, the versions, each parameter with its origin, a status per notebook."""
    manifest = json.loads((reports / name / "latest" / "manifest.json").read_text(encoding="utf-8"))
    assert {"inputs", "versions", "notebooks"} <= set(manifest)
    assert all(re.fullmatch(r"[0-9a-f]{64}", held["sha256"]) for held in manifest["inputs"])


def test_a_second_run_gives_the_same_numbers(reports: Path, tmp_path: Path) -> None:
    """The same folder gives the same results.json, byte for byte."""
    ran = subprocess.run(
        [sys.executable, "-m", "workbench", "run", "northgate-transit"],
        cwd=ROOT,
        env={**os.environ, "WORKBENCH_REPORTS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for file in ("results.json", "report.html"):
        first = (reports / "northgate-transit" / "latest" / file).read_bytes()
        assert (tmp_path / "northgate-transit" / "latest" / file).read_bytes() == first


@pytest.mark.parametrize(
    "tables",
    [
        ("engagement.yaml", "lines.csv", "products.csv", "memberships.csv", "interviews.csv", "evidence.csv"),
        ("engagement.yaml", "lines.csv", "products.csv", "memberships.csv"),
    ],
    ids=["first-week", "registers"],
)
def test_a_folder_that_holds_little_is_published_too(tmp_path: Path, tables: tuple[str, ...]) -> None:
    """Interviews and documents without a survey, or the registers alone: a report that says what is missing."""
    folder = tmp_path / "clients" / "little"
    folder.mkdir(parents=True)
    for name in tables:
        shutil.copy(ROOT / "client_data" / "harbour-mutual" / name, folder / name)
    reports = tmp_path / "reports"
    ran = subprocess.run(
        [sys.executable, "-m", "workbench", "run", "little"],
        cwd=ROOT,
        env={**os.environ, "WORKBENCH_REPORTS": str(reports), "WORKBENCH_CLIENTS": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = words(page(reports, "little"))
    assert "What we could not answer" in said
    assert "no move" not in said  # nothing was measured, so nothing stood still
    assert "product lines is product-run" not in said
