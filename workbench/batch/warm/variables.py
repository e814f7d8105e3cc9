"""What every kernel has in its environment, cold or forked, so that the same notebook gives the same bytes."""

from __future__ import annotations

SAME_BYTES = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",  # kernels run side by side already, and no fork may meet a thread
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # or importing pandas starts one
    # What is freed is kept for the next array: asked of the system anew, each page of it is cleared and faulted in.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),  # the most that glibc takes
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_TOP_PAD_": str(16 * 2**20),
}
