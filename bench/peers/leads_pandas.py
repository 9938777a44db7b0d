"""The data pipeline of the lead-scoring case as pandas and sqlite3 do it: what `copse prep run` is compared with.

  python leads_pandas.py LEADS.csv DATABASE MAPS

Each step reads the table before it from the database and writes its own. MAPS holds interaction_mapping.csv,
city_tier.csv and significant_levels.csv. Nothing is done the slow way on purpose: the click columns are summed by
group and never turned into rows, as the case's own notebooks do it.
"""

import os
import sqlite3
import sys

import pandas

INDEX = ["created_date", "city_tier", "first_platform_c", "first_utm_medium_c", "first_utm_source_c",
         "total_leads_droppped", "referred_lead"]
LABEL = "app_complete_flag"
LEVELS = ["first_platform_c", "first_utm_medium_c", "first_utm_source_c"]
INPUT = ["total_leads_droppped", "city_tier", "referred_lead"] + LEVELS


def _write(frame, table, database):
    frame.to_sql(table, database, if_exists="replace", index=False)


def _read(table, database):
    return pandas.read_sql(f"SELECT * FROM {table}", database)


def load(path, database, raw):
    frame = pandas.read_csv(path, index_col=0, keep_default_na=False, na_values=[""])
    missing = [name for name in raw if name not in frame.columns]
    if missing:
        sys.exit(f"{path}: no column {', '.join(missing)}")
    for name in ("total_leads_droppped", "referred_lead"):
        frame[name] = frame[name].fillna(0)
    _write(frame, "loaded_data", database)


def map_cities(database, maps):
    frame = _read("loaded_data", database)
    tiers = pandas.read_csv(os.path.join(maps, "city_tier.csv"), keep_default_na=False)
    frame["city_tier"] = frame["city_mapped"].map(dict(zip(tiers.iloc[:, 0], tiers.iloc[:, 1]))).fillna(3.0)
    _write(frame.drop(columns="city_mapped"), "city_tier_mapped", database)


def map_levels(database, maps):
    frame = _read("city_tier_mapped", database)
    kept = pandas.read_csv(os.path.join(maps, "significant_levels.csv"), keep_default_na=False)
    for name in LEVELS:
        levels = kept.loc[kept.iloc[:, 0] == name].iloc[:, 1]
        frame[name] = frame[name].where(frame[name].isin(levels), "others")
    _write(frame, "categorical_variables_mapped", database)


def map_interactions(database, groups):
    frame = _read("categorical_variables_mapped", database)
    index = INDEX + [LABEL] * (LABEL in frame.columns)
    sums = frame[index].copy()
    for group in sorted(set(groups.values())):
        columns = [name for name in groups if groups[name] == group]
        sums[group] = frame[columns].fillna(0).sum(axis=1)
    _write(sums.groupby(index, as_index=False, sort=True, dropna=False).sum(), "interactions_mapped", database)


def select(database):
    frame = _read("interactions_mapped", database)
    _write(frame[INPUT + [LABEL] * (LABEL in frame.columns)], "model_input", database)


def encode(database, maps):
    frame = _read("model_input", database)
    if LABEL in frame.columns:
        _write(frame[[LABEL]], "target", database)
    kept = pandas.read_csv(os.path.join(maps, "significant_levels.csv"), keep_default_na=False)
    names = [f"city_tier_{tier}" for tier in (1.0, 2.0, 3.0)]
    for name in LEVELS:
        levels = list(kept.loc[kept.iloc[:, 0] == name].iloc[:, 1]) + ["others"]
        names += sorted(f"{name}_{level}" for level in levels)
    columns = ["city_tier"] + LEVELS
    dummies = pandas.get_dummies(frame[columns], columns=columns, dtype=int).reindex(columns=names, fill_value=0)
    _write(pandas.concat([frame[["total_leads_droppped", "referred_lead"]], dummies], axis=1), "features", database)


def main(path, target, maps, pipelines):
    groups = pandas.read_csv(os.path.join(maps, "interaction_mapping.csv"), encoding="utf-8-sig")
    groups = dict(zip(groups.iloc[:, 0], groups.iloc[:, 1]))
    database = sqlite3.connect(target)
    load(path, database, ["created_date", "city_mapped"] + LEVELS + INPUT[:1] + INPUT[2:3] + list(groups))
    map_cities(database, maps)
    map_levels(database, maps)
    map_interactions(database, groups)
    select(database)
    if pipelines == "encoded":
        encode(database, maps)
    database.commit()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
