"""What README, docs and --help say is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from workbench.cli import app
from workbench.engagement.schema import SHEET_TABLES, TABLES
from workbench.engagement.settings import EngagementSettings

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a page exists."""
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_readme_and_help_know_the_same_commands() -> None:
    """README's table of commands is the command line's."""
    told = set(re.findall(r"^\| `workbench ([a-z]+)", README, flags=re.MULTILINE))
    assert told == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_gives_an_example_and_readme_names_only_real_options(command: str) -> None:
    """Each --help has an example, and every option that README names for a command is in its help."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert f"workbench {command}" in shown.output.split("Example", 1)[1]
    row = next(line for line in README.splitlines() if line.startswith(f"| `workbench {command}"))
    for option in re.findall(r"(?<![\w-])(--?[a-z]+)", row):
        assert option in shown.output, f"README names {option} for {command}"


def test_make_targets_of_readme_exist() -> None:
    """Every `make …` of the pages is a target of the Makefile, and the other way round for README."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))) <= targets
    assert {"demo", "test", "check", "lab", "notebooks", "golden", "sizes", "bench"} <= targets


def test_client_files_page_names_every_table_and_column() -> None:
    """The page for people who know Excel lists each table with all its columns, and every setting."""
    page = (ROOT / "docs" / "client-files.md").read_text(encoding="utf-8")
    for spec in {**TABLES, **SHEET_TABLES}.values():
        assert f"`{spec.name}`" in page
        for column in spec.columns:
            assert f"`{column}`" in page, f"{spec.name}.{column}"
    for setting in EngagementSettings.model_fields:
        assert f"`{setting}`" in page, setting


def test_readme_stays_two_screens() -> None:
    """A newcomer reads README in one go."""
    assert len(README.splitlines()) <= 120


def test_architecture_page_names_every_room_and_module() -> None:
    """The page's tree is the package's."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = page.split("## Rooms")[1].split("## ")[0]
    modules = {path.stem for path in (ROOT / "workbench").rglob("*.py") if not path.stem.startswith("__")}
    known = set(
        re.findall(
            r"[a-z_]+",
            rooms.replace("inputs_<pillar>", "inputs_readiness inputs_outcomes inputs_allocation").replace(
                "exhibits_<pillar>", "exhibits_readiness exhibits_outcomes exhibits_allocation"
            ),
        )
    )
    assert modules <= known, sorted(modules - known)
