"""A kernel gets this interpreter, its own sockets, and hardly anything of the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.batch.kernel import FIXED_VARIABLES, Kernels, kernel_environment, kernel_manager


def test_only_named_variables_of_the_shell_reach_a_kernel() -> None:
    """What is not on the list stays outside, however harmless it looks."""
    shell = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_NUMERIC": "de_DE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "DATABASE_URL": "postgres://me:secret@host",
        "PYTHONSTARTUP": "evil.py",
        "OPENBLAS_NUM_THREADS": "8",
    }
    got = kernel_environment(shell, WORKBENCH_HOME=Path("/w"))
    assert got == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_NUMERIC": "de_DE",
        **FIXED_VARIABLES,
        "WORKBENCH_HOME": str(Path("/w")),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sockets in the file system")
def test_a_kernel_listens_on_files_in_a_private_folder(tmp_path: Path) -> None:
    """No port that another user or run could take; the folder is gone afterwards."""
    with kernel_manager(tmp_path, {}, Kernels()) as manager_class:
        manager = manager_class()
        folder = Path(manager.connection_file).parent
        assert manager.transport == "ipc"
        assert folder.stat().st_mode & 0o077 == 0
        assert len(f"{manager.ip}-5") < 107
    assert not folder.exists()


def test_a_kernel_is_this_interpreter_whatever_kernelspecs_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernelspec python3 in the user's home that leads to another Python is not asked."""
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    text = '{"argv": ["/usr/bin/other-python"], "display_name": "other", "language": "python"}'
    (spec / "kernel.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    with kernel_manager(tmp_path, {}, Kernels()) as manager_class:
        assert manager_class(kernel_name="python3").kernel_spec.argv[0] == sys.executable


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_kernel_that_starts_after_the_stop_is_ended_at_once() -> None:
    """Ctrl-C may come while one is being started; those that have ended are left alone."""
    sleepers = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(3)]
    kernels = Kernels()
    try:
        kernels.add(sleepers[0])
        kernels.add(sleepers[1])
        kernels.forget([sleepers[1]])
        kernels.stop()
        kernels.add(sleepers[2])
        assert sleepers[0].wait(120) != 0
        assert sleepers[2].wait(120) != 0
        assert sleepers[1].poll() is None
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait(120)


def test_a_kernel_gets_the_variables_it_was_promised_and_no_other() -> None:
    """Addresses of databases reach the notebook that asks them."""
    shell = {"PATH": "/bin", "CRM": "postgresql://u:p@h/d", "OTHER": "postgresql://u:p@h/d"}
    assert kernel_environment(shell, ("CRM",))["CRM"] == shell["CRM"]
    assert "CRM" not in kernel_environment(shell)
    assert "OTHER" not in kernel_environment(shell, ("CRM",))
