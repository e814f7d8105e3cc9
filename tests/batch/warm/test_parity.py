"""A forked kernel is what a cold one would have been."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.batch.warm.conftest import Run

pytestmark = pytest.mark.xdist_group("warm")

LOOK = """
import decimal, gc, json, locale, logging, os, resource, signal, sys, tempfile, threading, time, warnings
from pathlib import Path
import duckdb, ipywidgets, matplotlib, numpy, pandas, pyarrow, scipy.stats
from pandas._config import config as held

def flat(tree, name=""):
    for key, value in tree.items():
        yield from flat(value, f"{name}{key}.") if isinstance(value, dict) else [(name + key, repr(value))]

def files():
    for entry in sorted(Path("/proc/self/fd").iterdir(), key=lambda one: int(one.name)):
        if entry.is_symlink():
            yield os.readlink(entry).split("[")[0]

shell = get_ipython()
mask = os.umask(0o22)
os.umask(mask)
main = sys.modules["__main__"]
facts = {
    "environment": dict(os.environ),
    "argv": sys.argv,
    "path": sys.path,
    "interpreter": [sys.executable, sys.prefix, str(sys.flags), sys.getrecursionlimit(), sys.getswitchinterval()],
    "hash": hash("equal in all kernels"),
    "folder": os.getcwd(),
    "process": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid(), mask, os.nice(0), os.sched_getscheduler(0)],
    "cores": sorted(os.sched_getaffinity(0)),
    "signals": {int(one): str(signal.getsignal(one)).split(" at ")[0] for one in signal.valid_signals()},
    "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    "limits": {name: resource.getrlimit(number) for name, number in vars(resource).items() if name[:6] == "RLIMIT"},
    "inputs": [os.readlink(f"/proc/self/fd/{number}").split("[")[0] for number in range(3)],
    "files": sorted(files()),
    "threads": len(os.listdir("/proc/self/task")),
    "main": [main.__name__, sorted(name for name in vars(main) if name.startswith("__")), repr(main.__spec__)],
    "builtins": sorted(vars(__builtins__)) if not isinstance(__builtins__, dict) else sorted(__builtins__),
    "pandas": dict(flat(held._global_config)),
    "matplotlib": {name: repr(value) for name, value in dict.items(matplotlib.rcParams)},
    "numpy": [repr(numpy.get_printoptions()), numpy.geterr()],
    "warnings": sorted(str(one) for one in warnings.filters),
    "loggers": {name: [one.level, len(one.handlers), one.propagate, one.disabled] for name, one in
                sorted(logging.Logger.manager.loggerDict.items()) if isinstance(one, logging.Logger)},
    "root": [logging.root.level, [type(one).__name__ for one in logging.root.handlers]],
    "decimal": str(decimal.getcontext()),
    "locale": [locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(), sys.getfilesystemencoding()],
    "streams": [[type(one).__name__, one.encoding, one.errors, one.isatty()]
                for one in (sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__)],
    "zone": [time.tzname, time.timezone, time.altzone],
    "temporary": [tempfile.tempdir, tempfile.gettempdir()],
    "collector": [gc.isenabled(), gc.get_threshold(), gc.get_debug()],
    "hooks": [getattr(one, "__qualname__", type(one).__name__) for one in (sys.excepthook, sys.displayhook)],
    "tracing": [sys.gettrace() is None, sys.getprofile() is None],
    "shell": [type(shell).__name__, str(shell.config)],
    "callbacks": {name: len(held) for name, held in shell.events.callbacks.items()},
    "formatters": {name: sorted(str(key) for key in one.type_printers)
                   for name, one in shell.display_formatter.formatters.items()},
    "sliders": sorted(shell.kernel.comm_manager.targets),
    "application": {name: repr(value) for name, value in shell.kernel.parent.trait_values().items()
                    if isinstance(value, (str, int, bool, float)) and name != "parent_handle"},
}
print(json.dumps(facts, default=str, sort_keys=True))
"""
"""Whatever a notebook could find out of the process that it runs in."""


def differences(cold: Any, warm: Any, name: str = "") -> list[str]:
    """Return where two trees of facts differ."""
    if isinstance(cold, dict) and isinstance(warm, dict):
        return [
            line
            for key in sorted({*cold, *warm})
            for line in differences(cold.get(key), warm.get(key), f"{name}.{key}")
        ]
    return [] if cold == warm else [f"{name}: cold {cold!r}, warm {warm!r}"]


def test_a_notebook_cannot_tell_a_forked_kernel_from_a_cold_one(run: Run) -> None:
    """Environment, signals, files, limits, options, hooks: traps 7, 8, 10, 12, 20 and 22 among them."""
    cold, warm = run(LOOK, cold=True), run(LOOK)
    assert warm.why_cold == ""
    assert cold.why_cold != ""
    before, after = json.loads(cold.plain), json.loads(warm.plain)
    more = Counter(after.pop("files")) - Counter(before.pop("files"))
    assert more == Counter({"socket:": 1})  # the lifeline to whoever asked for it
    loggers = after.pop("loggers")  # a logger for each module that is imported already
    assert differences(before.pop("loggers"), {name: loggers[name] for name in loggers if name in cold.text}) == []
    assert differences(before, after) == []
