"""What every kernel has in its environment, cold or forked, so that it gives the same bytes; and its memory."""

from __future__ import annotations

from contextlib import suppress

# What is freed is kept for the next array: asked of the system anew, each page of it is cleared and faulted in.
_KEPT = {
    "MALLOC_MMAP_THRESHOLD_": (-3, 32 * 2**20),  # the most that glibc takes
    "MALLOC_TRIM_THRESHOLD_": (-1, 256 * 2**20),
    "MALLOC_TOP_PAD_": (-2, 16 * 2**20),
}
"""What glibc reads when a process starts: the option's number in `mallopt`, and bytes."""

SAME_BYTES = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",  # kernels run side by side already, and no fork may meet a thread
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # or importing pandas starts one
    **{name: str(size) for name, (_, size) in _KEPT.items()},
}


def keep_freed_memory() -> None:
    """Let this process keep what it frees, as kernels do from their start; where there is no glibc, nothing is done."""
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, size in _KEPT.values():
            mallopt(option, size)
