from __future__ import annotations

import os

# Two-threaded torch beside other processes is many times slower; tests run in parallel.
os.environ.setdefault("OMP_NUM_THREADS", "1")
