"""The layers of docs/architecture.md hold, and the analysis rooms are pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "workbench"

LAYERS = (
    {"errors", "theme", "memberships"},
    {"findings", "products", "simplex", "stats"},
    {"readiness", "outcomes", "allocation"},
    {"engagement"},
    {"report"},
    {"batch"},
    {"panels", "cli"},
    {"__main__", "__init__"},  # they only point at what is below
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
ANALYSIS_LIBRARIES = set(sys.stdlib_module_names) | {"numpy", "pandas", "scipy", "workbench"}
EXTRA_LIBRARIES = {"outcomes/engines.py": {"duckdb"}}
TOUCHES_THE_WORLD = {"open", "print", "input"}
FILE_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "touch", "rename"}


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every absolute name that a module imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if base == "workbench":
                yield from ((node.lineno, f"workbench.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, base


def layer_faults(package: Path) -> list[str]:
    """Every breach of the layers in a package, as sentences."""
    faults = []
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package).as_posix()
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if room not in LEVEL:
            faults.append(f"{place}: give it a layer")
            continue
        allowed = ANALYSIS_LIBRARIES | EXTRA_LIBRARIES.get(place, set())
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            top, _, rest = name.partition(".")
            if top == "workbench" and rest:
                other = rest.split(".")[0]
                if other != room and LEVEL.get(other, -1) >= LEVEL[room]:
                    faults.append(f"{place}:{line}: {room} must not know {other}")
            elif LEVEL[room] in (1, 2) and top not in allowed:
                faults.append(f"{place}:{line}: analysis must not import {top}")
    return faults


def purity_faults(package: Path) -> list[str]:
    """Every call of the analysis rooms that reads, writes or prints."""
    faults = []
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package).as_posix()
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if LEVEL.get(room) not in (1, 2):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            is_builtin = isinstance(node.func, ast.Name) and name in TOUCHES_THE_WORLD
            is_file = isinstance(node.func, ast.Attribute) and name in FILE_METHODS
            if is_builtin or is_file:
                faults.append(f"{place}:{node.lineno}: analysis must not call {name}")
    return faults


def private_faults(package: Path) -> list[str]:
    """Every import of another module's private name."""
    faults = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench"):
                faults += [
                    f"{path.relative_to(package).as_posix()}:{node.lineno}: {node.module}.{alias.name} is private"
                    for alias in node.names
                    if alias.name.startswith("_")
                ]
    return faults


def name_clashes(package: Path) -> list[str]:
    """Every public function that shares its module's name."""
    clashes = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name == path.stem:
                clashes.append(f"{path.relative_to(package).as_posix()}: {node.name}")
    return clashes


def test_a_module_imports_only_from_lower_layers() -> None:
    """Nothing in the package reaches up or across, and analysis knows no other library."""
    assert layer_faults(PACKAGE) == []


def test_analysis_reads_writes_and_prints_nothing() -> None:
    """Products, statistics and the three pillars are pure."""
    assert purity_faults(PACKAGE) == []


def test_private_names_stay_at_home() -> None:
    """No module imports another one's private name."""
    assert private_faults(PACKAGE) == []


def test_no_public_function_shares_its_modules_name() -> None:
    """A name means one thing, so `workbench.solver` is a module and never a function."""
    assert name_clashes(PACKAGE) == []


def test_the_walk_sees_each_kind_of_breach(tmp_path: Path) -> None:
    """A toy tree with one breach of each kind is reported whole."""
    for folder in ("readiness", "report", "outcomes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "readiness" / "scores.py").write_text(
        "def f():\n    from workbench.report import charts\n    import matplotlib\n    print(open('x').read())\n"
        "from workbench.outcomes.rollup import _sum\n",
        encoding="utf-8",
    )
    (tmp_path / "outcomes" / "engines.py").write_text("import duckdb\n", encoding="utf-8")
    (tmp_path / "outcomes" / "rollup.py").write_text("import duckdb\ndef rollup(): ...\n", encoding="utf-8")
    (tmp_path / "shed.py").write_text("", encoding="utf-8")
    assert layer_faults(tmp_path) == [
        "outcomes/rollup.py:1: analysis must not import duckdb",
        "readiness/scores.py:5: readiness must not know outcomes",
        "readiness/scores.py:2: readiness must not know report",
        "readiness/scores.py:3: analysis must not import matplotlib",
        "shed.py: give it a layer",
    ]
    assert len(purity_faults(tmp_path)) == 2
    assert private_faults(tmp_path) == ["readiness/scores.py:5: workbench.outcomes.rollup._sum is private"]
    assert name_clashes(tmp_path) == ["outcomes/rollup.py: rollup"]
