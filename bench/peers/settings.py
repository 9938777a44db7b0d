"""The random configurations of the node-by-node comparison, and the comparator's fixed settings.

The first twenty go over the data sets in turn, each with the objective that suits its label; the others go
over the objectives, each on data sets of its own choice.

Only Random.random() is drawn, whose sequence Python guarantees over versions, so the committed seed names the
same configurations everywhere.
"""

import random

SEED = 20
N_CONFIGURATIONS = 20
N_ROUNDS = 5

# What makes LightGBM's result a function of data and settings alone.
COMPARATOR = {
    "enable_bundle": False,
    "force_col_wise": True,
    "deterministic": True,
    "num_threads": 1,
    "precise_float_parser": True,
    "two_round": False,
    "use_quantized_grad": False,
    "extra_trees": False,
    "bagging_freq": 0,
    "feature_fraction": 1.0,
    "bin_construct_sample_cnt": 1000000,
}

DEFAULTS = {
    "objective": "regression",
    "num_leaves": 31,
    "max_depth": -1,
    "learning_rate": 0.1,
    "lambda_l1": 0.0,
    "lambda_l2": 0.0,
    "min_data_in_leaf": 20,
    "min_sum_hessian_in_leaf": 1e-3,
    "min_gain_to_split": 0.0,
    "max_delta_step": 0.0,
    "path_smooth": 0.0,
    "max_bin": 255,
    "min_data_in_bin": 3,
    "use_missing": True,
    "zero_as_missing": False,
    "feature_pre_filter": True,
    "max_cat_to_onehot": 4,
    "max_cat_threshold": 32,
    "cat_l2": 10.0,
    "cat_smooth": 10.0,
    "min_data_per_group": 100,
    "boost_from_average": True,
    "sigmoid": 1.0,
    "is_unbalance": False,
    "scale_pos_weight": 1.0,
    "num_class": 1,
    "alpha": 0.9,
    "poisson_max_delta_step": 0.7,
    "reg_sqrt": False,
    "fair_c": 1.0,
    "tweedie_variance_power": 1.5,
    "lambdarank_norm": True,
    "boosting": "gbdt",
    "data_sample_strategy": "bagging",
}

LOSSES_WITH_SETTINGS = ("regression_l1", "huber", "quantile", "poisson", "fair", "mape", "tweedie", "lambdarank")

# Objective -> names of data sets. The first of each is trained with weights, its texts as categories and its
# missing cells as such; the second without weights; what else is drawn.
OBJECTIVES = {
    "multiclass": ["readmitted", "cover", "cuts", "letter"],
    "multiclassova": ["readmitted", "attacks", "cover"],
    "cross_entropy": ["house-share", "adult", "titanic"],
    "regression_l1": ["stays", "california", "diamonds"],
    "huber": ["stays", "bike", "california"],
    "quantile": ["stays", "california", "flights"],
    "poisson": ["stays", "claims", "california"],
    "fair": ["stays", "bike", "flights"],
    "mape": ["stays", "diamonds", "california"],
    "gamma": ["stays", "claim-size", "diamonds"],
    "tweedie": ["premium", "bike", "claims"],
    "cross_entropy_lambda": ["has-claim", "house-share", "titanic"],
    "lambdarank": ["mq2008", "searches"],
}

# Other ways to train: (objective, what is set, data sets as above). What is drawn at random by both engines, each in
# its own way, is not compared: goss takes every row in its first 1 / learning_rate rounds, dart drops no tree at
# skip_drop=1, and the share of the features that rf asks for leaves none out.
VARIANTS = [
    ("regression", {"reg_sqrt": True}, ["stays", "california"]),
    ("fair", {"reg_sqrt": True}, ["stays", "bike"]),
    ("mape", {"reg_sqrt": True}, ["stays", "diamonds"]),
    ("binary", {"data_sample_strategy": "goss", "learning_rate": 0.1}, ["adult", "bank"]),
    ("regression", {"data_sample_strategy": "goss", "learning_rate": 0.1}, ["stays", "ames"]),
    ("regression", {"boosting": "dart", "skip_drop": 1.0}, ["stays", "california"]),
    ("binary", {"boosting": "rf", "feature_fraction": 0.999999999}, ["adult", "telco"]),
    ("regression", {"boosting": "rf", "feature_fraction": 0.999999999}, ["stays", "bike"]),
]


class Draw:
    def __init__(self, seed):
        self._random = random.Random(seed)

    def chance(self, share):
        return self._random.random() < share

    def one_of(self, values):
        return values[int(self._random.random() * len(values))]

    def between(self, low, high):
        return low + self._random.random() * (high - low)

    def integer(self, low, high):
        return low + int(self._random.random() * (high - low + 1))


class Configuration:
    def __init__(self, number, data_set, settings, with_categories, with_weight):
        self.number = number
        self.data_set = data_set
        self.settings = settings  # every key of DEFAULTS, and what VARIANTS adds
        self.with_categories = with_categories  # text columns as categories, not as numbers
        self.with_weight = with_weight

    @property
    def objective(self):
        return self.settings["objective"]

    @property
    def changed(self):
        """The settings that differ from the default, as text."""
        parts = [f"{key}={value}" for key, value in self.settings.items() if value != DEFAULTS.get(key)]
        parts += ["categories"] if self.with_categories else []
        parts += ["weights"] if self.with_weight else []
        return " ".join(parts)


def _rounded(value):
    return float(f"{value:.4g}")


def draw_settings(draw, objective):
    settings = dict(DEFAULTS, objective=objective)
    settings["num_leaves"] = draw.one_of([7, 15, 31, 63, 127, 255])
    settings["max_depth"] = draw.one_of([-1, -1, 4, 7, 12])
    settings["learning_rate"] = draw.one_of([0.03, 0.1, 0.3, 0.7])
    settings["min_data_in_leaf"] = draw.one_of([1, 5, 20, 100, 300])
    settings["min_sum_hessian_in_leaf"] = draw.one_of([0.0, 1e-3, 1.0, 10.0])
    settings["max_bin"] = draw.one_of([7, 31, 63, 255, 255, 1000])
    settings["min_data_in_bin"] = draw.one_of([1, 3, 3, 20])
    if draw.chance(0.35):
        settings["lambda_l1"] = _rounded(draw.between(0.0, 5.0))
    if draw.chance(0.5):
        settings["lambda_l2"] = _rounded(draw.between(0.0, 20.0))
    if draw.chance(0.25):
        settings["min_gain_to_split"] = _rounded(draw.between(0.0, 3.0))
    if draw.chance(0.25):
        settings["max_delta_step"] = _rounded(draw.between(0.05, 1.5))
    if draw.chance(0.3):
        settings["path_smooth"] = _rounded(draw.between(0.1, 30.0))
        settings["min_data_in_leaf"] = max(2, settings["min_data_in_leaf"])
    _draw_missing(draw, settings)
    _draw_categories(draw, settings)
    if objective in ("binary", "multiclassova"):
        _draw_classes(draw, settings)
    if objective in LOSSES_WITH_SETTINGS:
        _draw_loss(draw, settings)
    if draw.chance(0.15) and objective not in ("poisson", "gamma", "tweedie"):  # a first step from 0 may be beyond e^s
        settings["boost_from_average"] = False
    if settings["min_data_in_leaf"] == 1 and settings["min_sum_hessian_in_leaf"] == 0.0:
        settings["min_sum_hessian_in_leaf"] = 1e-3
    return settings


def _draw_missing(draw, settings):
    if draw.chance(0.2):
        settings["use_missing"] = False
    elif draw.chance(0.25):
        settings["zero_as_missing"] = True
    if draw.chance(0.2):
        settings["feature_pre_filter"] = False


def _draw_categories(draw, settings):
    settings["max_cat_to_onehot"] = draw.one_of([1, 4, 4, 8])
    settings["max_cat_threshold"] = draw.one_of([4, 32, 32, 128])
    settings["cat_l2"] = draw.one_of([0.0, 1.0, 10.0, 10.0])
    settings["cat_smooth"] = draw.one_of([0.5, 1.0, 10.0, 10.0])  # 0: LightGBM sorts empty categories by 0/0
    settings["min_data_per_group"] = draw.one_of([1, 20, 100, 100])


def _draw_classes(draw, settings):
    if draw.chance(0.25):
        settings["is_unbalance"] = True
    elif draw.chance(0.35):
        settings["scale_pos_weight"] = _rounded(draw.between(0.2, 5.0))
    if draw.chance(0.15):
        settings["sigmoid"] = _rounded(draw.between(0.5, 2.0))


def _draw_loss(draw, settings):
    objective = settings["objective"]
    if objective == "huber":
        settings["alpha"] = draw.one_of([0.9, 5.0, 50.0, 500.0])
    elif objective == "quantile":
        settings["alpha"] = draw.one_of([0.05, 0.25, 0.5, 0.9])
    elif objective == "poisson":
        settings["poisson_max_delta_step"] = draw.one_of([0.7, 0.7, 0.1, 1.5])
    elif objective == "fair":
        settings["fair_c"] = draw.one_of([0.5, 1.0, 5.0, 50.0])
    elif objective == "mape":  # whose gradients are about 1 / label
        settings.update(lambda_l1=0.0, min_gain_to_split=0.0)
    elif objective == "tweedie":
        settings["tweedie_variance_power"] = draw.one_of([1.1, 1.5, 1.5, 1.9])
    elif objective == "lambdarank":
        settings["lambdarank_norm"] = draw.chance(0.6)
        settings["sigmoid"] = draw.one_of([1.0, 1.0, 0.5, 2.0])
    if objective in ("regression_l1", "quantile") and draw.chance(0.3):
        settings["reg_sqrt"] = True


def configurations(data_sets, n, seed):
    """n configurations, spread over the data sets in turn."""
    draw, result = Draw(seed), []
    for number in range(n):
        data_set = data_sets[number % len(data_sets)]
        settings = draw_settings(draw, data_set.objective)
        result.append(Configuration(number, data_set, settings, draw.chance(0.75), draw.chance(0.35)))
    return result


def objective_configurations(data_sets, seed):
    """The configurations of OBJECTIVES and VARIANTS, numbered from N_CONFIGURATIONS on; each draws by itself, so that
    a data set that is not there changes no other."""
    found, result, number = {data_set.name: data_set for data_set in data_sets}, [], N_CONFIGURATIONS
    rows = [(objective, {}, names) for objective, names in OBJECTIVES.items()] + VARIANTS
    for objective, fixed, names in rows:
        for place, name in enumerate(names):
            if name in found:
                seed_here = " ".join(map(str, [seed, objective, name, *fixed]))
                result.append(_configuration_of(number, objective, fixed, found[name], place, seed_here))
            number += 1
    return result


def _configuration_of(number, objective, fixed, data_set, place, seed):
    draw = Draw(seed)
    settings = draw_settings(draw, objective)
    settings["num_class"] = max(1, data_set.n_classes)
    settings.update(fixed)
    with_categories, with_weight = draw.chance(0.75), draw.chance(0.5)
    if place == 0:
        settings.update(use_missing=True, zero_as_missing=False)
        with_categories = with_weight = True
    elif place == 1:
        with_weight = False
    if objective == "mape":  # its weighted hessians are LightGBM's alone (losses.py)
        with_weight = False
    return Configuration(number, data_set, settings, with_categories, with_weight)
