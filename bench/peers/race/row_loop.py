"""Single-row predictions from a compiled loop (row_loop.c), so that no interpreter stands between two rows."""

import ctypes
import os
import shutil
import subprocess
import time
from ctypes import byref, c_double, c_int, c_int32, c_int64, c_size_t, c_void_p

import numpy as np

from .engine import Refused

F64, PREDICT_NORMAL = 1, 0  # C_API_DTYPE_FLOAT64, C_API_PREDICT_NORMAL


class Loop:
    def __init__(self, scratch):
        compiler = next((name for name in ("gcc", "cc", "clang") if shutil.which(name)), None)
        if compiler is None:
            raise Refused("needs a C compiler for the loop over rows")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "row_loop.c")
        path = os.path.join(scratch, "row_loop.so")
        subprocess.run([compiler, "-O2", "-fPIC", "-shared", "-o", path, source], check=True)
        self._dll = ctypes.CDLL(path)

    def _microseconds(self, name, function, handle, matrix, repeats):
        matrix, out = np.ascontiguousarray(matrix, dtype=np.float64), np.empty(len(matrix))
        timed = getattr(self._dll, name)
        timed.restype = c_double

        def run(n):
            return timed(ctypes.cast(function, c_void_p), handle, matrix.ctypes.data_as(c_void_p),
                         c_size_t(len(matrix)), c_size_t(matrix.shape[1]), c_size_t(n), out.ctypes.data_as(c_void_p))

        run(1)  # warms caches
        start = time.process_time()
        seconds = run(repeats)
        cpu, n = time.process_time() - start, len(matrix) * repeats
        if seconds < 0:
            raise Refused("its call for one row failed")
        return 1e6 * seconds / n, 1e6 * cpu / n, out

    def copse(self, function, predictor, matrix, repeats):
        return self._microseconds("time_copse", function, predictor, matrix, repeats)

    def lightgbm(self, library, booster, matrix, repeats):
        config = c_void_p()
        if library.LGBM_BoosterPredictForMatSingleRowFastInit(
                booster, c_int(PREDICT_NORMAL), c_int(0), c_int(-1), c_int(F64), c_int32(matrix.shape[1]),
                b"num_threads=1", byref(config)) != 0:
            raise Refused("LGBM_BoosterPredictForMatSingleRowFastInit failed")
        found = self._microseconds("time_lightgbm", library.LGBM_BoosterPredictForMatSingleRowFast, config, matrix,
                                   repeats)
        library.LGBM_FastConfigFree(config)
        return found
