"""lleaves: LightGBM's model compiled with LLVM. Compiling is not counted; the code is kept."""

import os

from .engine import Engine


class Lleaves(Engine):
    module, family = "lleaves", "lightgbm"

    @staticmethod
    def version(job):
        from importlib import metadata

        return metadata.version("lleaves")

    def load(self, path):
        import lleaves

        self._model = lleaves.Model(model_file=path)
        making = f"{path}.lleaves.{os.getpid()}"
        kept = path + ".lleaves"
        if not os.path.exists(kept):
            self._model.compile(cache=making)
            os.replace(making, kept)
            self._model = lleaves.Model(model_file=path)
        self._model.compile(cache=kept)

    def predict(self, matrix):
        return self._model.predict(matrix, n_jobs=self.n_threads)
