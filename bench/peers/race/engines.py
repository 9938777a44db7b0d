"""The engines by their keys in shapes.py."""

from . import (engine_catboost, engine_copse, engine_lightgbm, engine_lleaves, engine_sklearn, engine_treelite,
               engine_xgboost)

ENGINES = {"copse": engine_copse.Copse, "lightgbm": engine_lightgbm.LightGBM, "xgboost": engine_xgboost.XGBoost,
           "catboost": engine_catboost.CatBoost, "sklearn": engine_sklearn.ScikitLearn,
           "lleaves": engine_lleaves.Lleaves, "tl2cgen": engine_treelite.TL2cgen, "treelite": engine_treelite.GTIL}
