"""What --accuracy trains: data sets, each with the objectives that fit its label. To add one: a row."""

from . import catalogue


class Case:
    """settings: parameters of the objective; two cases of one data set and objective differ in them."""

    def __init__(self, data_set, objective=None, **settings):
        found = {known.name: known for known in catalogue.DATA_SETS}
        self.data_set = found[data_set] if isinstance(data_set, str) else data_set
        self.objective = objective or self.data_set.objective
        self.settings = settings
        self.name = " ".join([self.data_set.name, self.task])

    @property
    def task(self):
        return " ".join([self.objective] + [f"{key}={value}" for key, value in self.settings.items()])

    @property
    def n_classes(self):
        return self.data_set.n_classes


# Those of --auto: every engine has the objective.
COMMON = [Case(name) for name in (
    "titanic", "german", "telco", "higgs", "bank", "adult", "ames", "bike", "california", "claims", "diamonds",
    "flights", "stays", "cover", "cuts", "letter", "readmitted")]
OTHERS = [
    Case("a9a"),
    Case("intrusions"),
    Case("digits"),
    Case("cover", "multiclassova"),
    Case("cuts", "multiclassova"),
    Case("house-share", "cross_entropy"),
    Case("house-share", "cross_entropy_lambda"),
    Case("has-claim"),
    Case("claim-rate"),
    Case("bike", "poisson"),
    Case("claim-size"),
    Case("diamonds", "gamma"),
    Case("premium", tweedie_variance_power=1.5),
    Case("california", "quantile", alpha=0.1),
    Case("california", "quantile", alpha=0.9),
    Case("bike", "quantile", alpha=0.1),
    Case("bike", "quantile", alpha=0.9),
    Case("california", "regression_l1"),
    Case("flights", "regression_l1"),
    Case("bike", "huber", alpha=30.0),
    Case("flights", "huber", alpha=30.0),
    Case("stays", "fair", fair_c=1.0),
    Case("bike", "fair", fair_c=30.0),
    Case("california", "mape"),
    Case("diamonds", "mape"),
    Case("mq2008"),
    Case("searches"),
    Case("mq2008", "rank_xendcg"),
    Case("searches", "rank_xendcg"),
]
CASES = COMMON + OTHERS
