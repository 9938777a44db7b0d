"""libcopse.so through its public header, as far as the table of speed needs it."""

import contextlib
import ctypes
from ctypes import POINTER, byref, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t
from ctypes import c_uint32, c_uint64, c_void_p

import numpy as np

ROWS, CSR, F64, LABEL, VALUE, SOURCE_COMMAND = 0, 2, 1, 0, 0, 2


class _Error(ctypes.Structure):
    _fields_ = [("status", c_int), ("message", c_char * 1024)]


class Table(ctypes.Structure):
    _fields_ = [("layout", c_int), ("n_rows", c_uint64), ("n_cols", c_uint32), ("dtype", c_int),
                ("values", c_void_p), ("row_stride", c_size_t), ("columns", c_void_p),
                ("indptr", POINTER(c_int64)), ("indices", POINTER(c_int32))]


class _Text(ctypes.Structure):
    _fields_ = [("ctx", c_void_p), ("data", c_void_p), ("length", c_size_t), ("capacity", c_size_t),
                ("failed", c_bool)]


class CopseError(Exception):
    pass


def table_of(matrix):
    """(table, what must outlive it) of a dense float64 matrix or a CSR one."""
    if isinstance(matrix, np.ndarray):
        values = np.ascontiguousarray(matrix, dtype=np.float64)
        n_rows, n_cols = values.shape
        return Table(ROWS, n_rows, n_cols, F64, values.ctypes.data, n_cols, None, None, None), values
    sparse = matrix.tocsr()
    sparse.sort_indices()
    kept = (np.asarray(sparse.data, dtype=np.float64), np.asarray(sparse.indptr, dtype=np.int64),
            np.asarray(sparse.indices, dtype=np.int32))
    return Table(CSR, sparse.shape[0], sparse.shape[1], F64, kept[0].ctypes.data, 0, None,
                 kept[1].ctypes.data_as(POINTER(c_int64)), kept[2].ctypes.data_as(POINTER(c_int32))), kept


class Library:
    """Handles are plain c_void_p; most live until the process ends, which a worker's soon does."""

    def __init__(self, path):
        self.dll = ctypes.CDLL(path)
        self.dll.copse_version.restype = self.dll.copse_cpu_tier.restype = c_char_p
        self.dll.copse_predictor_width.restype = c_uint32

    def version(self):
        return f"{self.dll.copse_version().decode()} ({self.dll.copse_cpu_tier().decode()})"

    def call(self, name, *arguments):
        error = _Error()
        if getattr(self.dll, name)(*arguments, byref(error)) != 0:
            raise CopseError(error.message.decode())

    def _made(self, name, *arguments):
        handle = c_void_p()
        self.call(name, *arguments, byref(handle))
        return handle

    def params(self, settings):
        handle = self._made("copse_params_create", None)
        for key, value in settings.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            self.call("copse_params_set", handle, key.encode(), text.encode(), c_int(SOURCE_COMMAND))
        self.call("copse_params_resolve", handle)
        return handle

    def dataset(self, matrix, label, categorical, params):
        table, kept = table_of(matrix)
        flags = (c_bool * table.n_cols)(*(at in categorical for at in range(table.n_cols)))
        handle = self._made("copse_dataset_from_table", None, byref(table), None, flags, params, None)
        del kept
        label = np.ascontiguousarray(label, dtype=np.float32)
        self.call("copse_dataset_set", handle, c_int(LABEL), label.ctypes.data_as(POINTER(c_float)),
                  c_uint64(len(label)))
        return handle

    def free_dataset(self, dataset):
        self.dll.copse_dataset_free(dataset)

    def booster(self, dataset, params):
        return self._made("copse_booster_create", None, dataset, params)

    def step(self, booster):
        """Whether nothing was left to split."""
        finished = c_bool()
        self.call("copse_booster_step", booster, byref(finished))
        return finished.value

    def phases(self, booster):
        phase, found, seconds = self.dll.copse_booster_phase, {}, c_double()
        phase.restype = c_char_p
        while True:
            name = phase(booster, c_int(len(found)), byref(seconds))
            if name is None:
                return found
            found[name.decode()] = seconds.value

    def model_of(self, booster):
        return self._made("copse_booster_model", booster, c_int(0))

    def model_from(self, path):
        with open(path, "rb") as file:
            text = file.read()
        return self._made("copse_model_parse", None, text, c_size_t(len(text)), path.encode())

    def predictor(self, model):
        return self._made("copse_predictor_create", None, model, c_int(VALUE), c_int(0), c_int(0))

    def width(self, predictor):
        return self.dll.copse_predictor_width(predictor)

    def run(self, predictor, matrix, n_threads):
        table, kept = table_of(matrix)
        out = np.empty((table.n_rows, self.width(predictor)))
        self.call("copse_predictor_run", predictor, byref(table), c_int(n_threads),
                  out.ctypes.data_as(POINTER(c_double)))
        del kept
        return out

    @contextlib.contextmanager
    def text_of(self, model):
        """The model's text as bytes."""
        text = _Text()
        self.call("copse_model_write", model, c_int(0), c_int(0), byref(text))
        try:
            yield ctypes.string_at(text.data, text.length)
        finally:
            self.dll.copse_text_release(byref(text))
