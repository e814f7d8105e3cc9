"""The package's public names are sorted, resolve on first use, and cost nothing before."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

PACKAGE = Path(workbench.__file__).parent
TREE = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))


def typed_names() -> dict[str, str]:
    """Name and home of everything that type checkers see."""
    block = next(node for node in TREE.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: f"workbench.{alias.name}" if node.module == "workbench" else str(node.module)
        for node in imports
        for alias in node.names
    }


def functions(pattern: str, suffix: str) -> set[str]:
    """Public functions of some modules."""
    return {
        node.name
        for path in PACKAGE.glob(pattern)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.endswith(suffix) and not node.name.startswith("_")
    }


@pytest.mark.parametrize("name", workbench.__all__)
def test_every_public_name_resolves(name: str) -> None:
    """Under its own name, to the thing that lives in its home."""
    found = getattr(workbench, name)
    assert getattr(found, "__name__", name).rsplit(".", 1)[-1] == name or name == "__version__"
    assert name in dir(workbench)


def test_names_are_sorted_and_type_checkers_see_the_same() -> None:
    """One list for people, one for tools, no difference."""
    assert list(workbench.__all__) == sorted(set(workbench.__all__))
    assert set(typed_names()) | {"__version__"} == set(workbench.__all__)
    assert {name: workbench._HOMES[name] for name in typed_names()} == typed_names()


def test_every_exhibit_and_panel_can_be_imported_from_the_package() -> None:
    """Notebooks import from workbench and from nowhere else."""
    offered = functions("report/exhibits_*.py", "_exhibit") | functions("panels/*.py", "_panel")
    assert offered
    assert offered <= set(workbench.__all__)


def test_a_name_that_nobody_knows_is_an_attribute_error() -> None:
    """With the name in it."""
    with pytest.raises(AttributeError, match="no attribute 'redness'"):
        _ = workbench.redness


def test_importing_the_package_imports_nothing_else() -> None:
    """Not even one of its own modules."""
    code = "import sys; before = set(sys.modules); import workbench; print(sorted(set(sys.modules) - before))"
    command = [sys.executable, "-S", "-c", code]
    got = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True)  # noqa: S603
    loaded = set(ast.literal_eval(got.stdout))
    assert {name for name in loaded if name.startswith("workbench.")} == set()
    assert not loaded & {"numpy", "pandas", "pydantic", "matplotlib"}


def test_the_version_is_the_projects() -> None:
    """Said twice, the same."""
    import tomllib

    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert workbench.__version__ == project["version"]
