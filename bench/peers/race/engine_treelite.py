"""Treelite's reference predictor (GTIL), and TL2cgen: LightGBM's model as C, compiled by gcc. Compiling is not
counted; the code is kept."""

import os
import shutil

from .engine import Engine, Refused


class GTIL(Engine):
    module, family = "treelite", "lightgbm"

    @staticmethod
    def version(job):
        import treelite

        return treelite.__version__

    def load(self, path):
        import treelite

        self._model = treelite.frontend.load_lightgbm_model(path)

    def predict(self, matrix):
        import treelite

        return treelite.gtil.predict(self._model, matrix, nthread=self.n_threads).reshape(len(matrix), -1)[:, 0]


class TL2cgen(Engine):
    module, family = "tl2cgen", "lightgbm"

    @staticmethod
    def version(job):
        import tl2cgen

        return tl2cgen.__version__

    def load(self, path):
        import tl2cgen
        import treelite

        kept = path + ".tl2cgen.so"
        if not os.path.exists(kept):
            if shutil.which("gcc") is None:
                raise Refused("needs gcc to compile the model")
            making = f"{path}.{os.getpid()}.so"
            tl2cgen.export_lib(treelite.frontend.load_lightgbm_model(path), toolchain="gcc", libpath=making,
                               params={"parallel_comp": 16, "quantize": 1})
            os.replace(making, kept)
        self._predictor = tl2cgen.Predictor(kept, nthread=self.n_threads)

    def predict(self, matrix):
        import tl2cgen

        return self._predictor.predict(tl2cgen.DMatrix(matrix)).reshape(len(matrix), -1)[:, 0]
