"""What can go wrong when a kernel is forked, each tried with real processes; numbers as in docs/batch.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.batch.warm.conftest import Run, only_parent
from workbench.batch.kernel import kernel_environment
from workbench.batch.warm import parents as side
from workbench.batch.warm.parents import ColdStart, Parent, Parents
from workbench.batch.warm.surroundings import changed_file, early_variables, loaded_files, shadowed

pytestmark = pytest.mark.xdist_group("warm")

ROOT = Path(__file__).resolve().parents[3]
HEAVY = """
import duckdb, io, numpy as np, pandas as pd
from scipy.optimize import linprog, milp
a = np.random.default_rng(1).normal(size=(400, 400))
print(np.allclose(np.linalg.inv(a) @ a, np.eye(400)), np.linalg.svd(a)[1].size, np.linalg.solve(a, a[0]).size)
print(linprog([1, 1], A_ub=[[-1, -2]], b_ub=[-4]).fun, milp([1, 1], integrality=[1, 1]).status)
held = io.BytesIO()
pd.DataFrame({"x": range(5000)}).to_parquet(held)
print(pd.read_parquet(held)["x"].sum(), duckdb.connect().sql("SELECT sum(range) FROM range(100000)").fetchone())
"""
FIGURE = """
import matplotlib.pyplot as plt
plt.plot([1, 3, 2])
plt.title("a figure")
plt.show()
"""


def test_a_parent_with_a_thread_serves_nobody() -> None:
    """Traps 1, 3, 5: without our variables a library starts threads, and the parent says so and goes."""
    environment = kernel_environment(os.environ)
    del environment["JE_ARROW_MALLOC_CONF"]
    parent = Parent(sys.executable, environment)
    try:
        with pytest.raises(ColdStart, match="threads after the imports"):
            parent.wait_ready()
    finally:
        parent.close()


def test_a_kernel_computes_reads_and_draws_as_a_cold_one(run: Run, parents: Parents) -> None:
    """Traps 2, 4, 7, 8: libraries whose locks and threads no fork survives, and figures that go missing."""
    warm, cold = run(HEAVY, FIGURE), run(HEAVY, FIGURE, cold=True)
    assert warm.why_cold == ""
    assert warm.text == cold.text
    assert warm.text.splitlines()[0] == "True 400 400"
    assert [sorted(one) for one in warm.shown] == [["image/png", "text/plain"]]
    assert warm.shown == cold.shown
    parent = only_parent(parents)
    assert parent.num_threads() == 1  # still
    assert parent.num_fds() == 5  # the standard three, the socket and its owner


def test_no_two_kernels_draw_the_same_numbers(run: Run) -> None:
    """Trap 9; and trap 10: what must be equal is."""
    cell = (
        "import random, numpy, uuid, os; print(random.random(), numpy.random.random(), uuid.uuid4()); print(hash('a'))"
    )
    first, second = run(cell).text.split(), run(cell).text.split()
    assert not {*first[:3]} & {*second[:3]}
    assert first[3] == second[3]


def test_changed_code_is_never_run_from_memory(run: Run, tmp_path: Path) -> None:
    """Trap 11: the next kernel starts cold, and one after it comes from a new parent."""
    module = tmp_path / "extra" / "sitecustomize.py"
    module.parent.mkdir()
    module.write_text("word = 'old'\n", encoding="utf-8")
    os.utime(module, (1, 1))
    own = Parents()
    shown = []
    try:
        for text in ("", "word = 'new'\n", ""):
            if text:
                module.write_text(text, encoding="utf-8")
            cell = "import sitecustomize; print(sitecustomize.word)"
            got = run(cell, own=own, PYTHONPATH=os.pathsep.join([str(module.parent), str(ROOT)]))
            shown.append((got.text.strip(), got.why_cold))
            os.utime(module, (1, 1))
    finally:
        own.close()
    assert shown == [("old", ""), ("new", "sitecustomize.py has changed since it was imported"), ("new", "")]


def test_a_file_that_was_imported_is_known_by_size_time_and_number(tmp_path: Path) -> None:
    """Trap 11: a file that is gone or was replaced within the same second is another one."""
    files = {str(path): stamp for path, stamp in loaded_files().items() if path == __file__}
    assert changed_file(files) == ""
    assert changed_file({__file__: (1, 2, 3)}) == "test_traps.py"
    assert changed_file({str(tmp_path / "gone.py"): (1, 2, 3)}) == "gone.py"


def test_a_variable_that_was_read_too_early_starts_cold(run: Run) -> None:
    """Trap 12: one that nobody thought of, because it was seen to be read; others may differ freely."""
    odd = run("import os; print(os.environ['PYDANTIC_DISABLE_PLUGINS'])", PYDANTIC_DISABLE_PLUGINS="1")
    assert (odd.text, odd.why_cold) == ("1\n", "the parent imported with another PYDANTIC_DISABLE_PLUGINS")
    free = run("import os; print(os.environ['CRM'])", CRM="a-password")
    assert (free.text, free.why_cold) == ("a-password\n", "")
    for name in ("TZ", "LC_ALL", "PYTHONPATH", "OMP_NUM_THREADS", "MPLCONFIGDIR", "VIRTUAL_ENV"):
        assert early_variables({name: "x"}) == {name: "x"}  # another parent for each of these


def test_a_file_beside_the_notebook_wins_as_it_does_cold(run: Run, tmp_path: Path) -> None:
    """A folder's own ``numpy.py`` is what its notebook imports; the checkout itself shadows nothing."""
    (tmp_path / "numpy.py").write_text("mine = True\n", encoding="utf-8")
    got = run("import numpy; print(numpy.mine)")
    assert (got.text, got.why_cold) == ("True\n", "numpy.py in the kernel's folder stands before a library")
    import workbench

    assert shadowed(ROOT, {"workbench": workbench.__file__}) == ""


def test_what_one_kernel_was_told_is_in_no_memory_but_its_own(run: Run, parents: Parents) -> None:
    """Trap 13: neither its environment nor its cells reach the parent, and so no later kernel."""
    word, said = ("".join(["canary-", os.urandom(8).hex()]) for _ in range(2))
    find = f"import os\nword = '{said}'\n" + FIND
    own = run(find, CANARY=word)
    assert own.why_cold == ""
    assert own.text == "found\n"  # the scan can find something
    held = memory_of(only_parent(parents).pid)
    assert word.encode() not in held
    assert said.encode() not in held
    assert b"ipykernel_launcher" in held


FIND = """
print("found" if os.environ["CANARY"].encode() in b"".join(
    open("/proc/self/environ", "rb").read() + str(dict(os.environ)).encode() for _ in "1") else "lost")
"""


def memory_of(pid: int) -> bytes:
    """Return what a process holds in memory of its own."""
    pieces = []
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            place, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            memory.seek(start)
            try:
                pieces.append(memory.read(end - start))
            except OSError:
                continue
    return b"".join(pieces)


def test_the_parent_opens_no_clients_file() -> None:
    """Trap 13: nothing below client_data, reports or the folder that it was started in."""
    watch = """
import sys
opened = []
sys.addaudithook(lambda name, about: opened.append(str(about[0])) if name == "open" else None)
from workbench.batch.warm import zygote
zygote.preload(0, set())
assert sum(zygote.work_ahead(lambda: True)) > 50 + 40
print([one for one in opened if "client_data" in one or "reports" in one or one.startswith(sys.argv[1])])
print(len(opened) > 100)
import os; sys.stdout.flush(); os._exit(0)
"""
    folder = str(ROOT / "client_data")
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", watch, folder],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=kernel_environment(os.environ, PYTHONPATH=ROOT),
    )
    assert ran.stdout.splitlines() == ["[]", "True"]


def test_a_masters_imports_find_everything_in_memory(run: Run) -> None:
    """Trap 17: what a kernel would import late, its parent has; a new library of a notebook belongs on its list."""
    cells = [
        cell.source
        for path in sorted((ROOT / "notebooks").glob("[1-4]0_*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.source.startswith("from workbench import")
    ]
    assert len(cells) == 4
    watch = """
import sys
class Watch:
    asked = []
    def find_spec(self, name, path=None, target=None):
        self.asked.append(name)
sys.meta_path.insert(0, Watch())
"""
    only_imports = [cell.split("\n\n")[0].rsplit(")", 1)[0] + ")" if "(" in cell else cell for cell in cells]
    got = run(watch, *only_imports, "print(Watch.asked)")
    assert got.text == "[]\n"


def test_output_of_libraries_stays_in_the_notebook(run: Run) -> None:
    """Trap 21: what is written past Python arrives as output, cold or warm, and in no other client's."""
    cell = "import os; os.write(1, b'one\\n'); os.system('echo two'); print(os.read(0, 1))"
    lines = [sorted(run(cell, cold=cold).text.splitlines()) for cold in (False, True)]
    assert lines[0] == lines[1] == ["b''", "one", "two"]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_start_cold(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 26: and so does whoever asks for it."""
    monkeypatch.setattr(side.sys, "platform", platform)
    held = Parents()
    held.begin({})
    with pytest.raises(ColdStart, match=f"not safe on {platform}"):
        held.fork([sys.executable, *side.LAUNCHER], env={}, cwd=".", stdout=1, stderr=2)
    held.close()


def test_a_switch_of_the_shell_starts_everything_cold(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever suspects the fork."""
    monkeypatch.setenv(side.OFF, "1")
    assert run("print(1)").why_cold == "WORKBENCH_COLD is set"


def test_every_trap_has_a_test_or_a_reason() -> None:
    """The page's table names tests that exist, for each number without a gap."""
    rows = re.findall(
        r"^\| (\d+) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "batch.md").read_text("utf-8"), flags=re.MULTILINE
    )
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "batch").rglob("test_*.py"))
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 26
    for number, held in rows:
        for name in re.findall(r"`(test_\w+)`", held):
            assert f"def {name}(" in tests, f"{number}: {name}"
    assert sum("`test_" not in held for _, held in rows) <= 4
