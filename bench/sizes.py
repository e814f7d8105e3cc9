"""``make sizes``: the ten longest modules and functions; a habit to watch, not a rule to fail."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "workbench"


def main() -> None:
    """Print the ten longest of each."""
    modules, functions = [], []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(PACKAGE.parent).as_posix()
        modules.append((len(text.splitlines()), place))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
                body = node.body[1:] if documented and len(node.body) > 1 else node.body
                functions.append((int(body[-1].end_lineno or 0) - body[0].lineno + 1, f"{place}: {node.name}"))
    for title, found in (("Modules", modules), ("Function bodies", functions)):
        sys.stdout.write(f"{title}, lines\n")
        sys.stdout.writelines(f"{lines:6d}  {name}\n" for lines, name in sorted(found, reverse=True)[:10])


if __name__ == "__main__":
    main()
