"""The data pipeline of the lead-scoring case in pandas and sqlite3, to compare `copse prep run` with.

    leads_pipeline.py RAW.csv DB MAPS            runs the steps of datasets/leads/leads.recipe, each from the
                                                 table before it into its own, as the case's own code does
    leads_pipeline.py --compare DB OTHER_DB      every table of both, row by row
"""

import sqlite3
import sys
import time

import pandas as pd

TABLES = ["loaded_data", "city_tier_mapped", "categorical_variables_mapped", "interactions_mapped", "model_input"]
INDEX = ["created_date", "city_tier", "first_platform_c", "first_utm_medium_c", "first_utm_source_c",
         "total_leads_droppped", "referred_lead", "app_complete_flag"]
LEVELS = ["first_platform_c", "first_utm_medium_c", "first_utm_source_c"]
MODEL = ["total_leads_droppped", "city_tier", "referred_lead", *LEVELS, "app_complete_flag"]


def write(frame, table, db):
    frame.to_sql(table, db, if_exists="replace", index=False)


def read(table, db):
    return pd.read_sql(f"SELECT * FROM {table}", db)


def load(raw, db):
    texts = dict.fromkeys(["city_mapped", *LEVELS], str)
    frame = pd.read_csv(raw, index_col=[0], keep_default_na=False, na_values=[""], dtype=texts)
    frame[["total_leads_droppped", "referred_lead"]] = frame[["total_leads_droppped", "referred_lead"]].fillna(0)
    write(frame, "loaded_data", db)


def map_cities(db, maps):
    frame = read("loaded_data", db)
    tiers = pd.read_csv(f"{maps}/city_tier.csv").set_index("city_mapped")["city_tier"]
    frame["city_tier"] = frame["city_mapped"].map(tiers).fillna(3.0)
    write(frame.drop(columns="city_mapped"), "city_tier_mapped", db)


def map_levels(db, maps):
    frame = read("city_tier_mapped", db)
    kept = pd.read_csv(f"{maps}/significant_levels.csv")
    for column in LEVELS:
        frame.loc[~frame[column].isin(kept.loc[kept["column"] == column, "level"]), column] = "others"
    write(frame, "categorical_variables_mapped", db)


def map_interactions(db, maps):
    frame = read("categorical_variables_mapped", db)
    mapping = pd.read_csv(f"{maps}/interaction_mapping.csv", encoding="utf-8-sig")
    clicks = frame.melt(id_vars=INDEX, var_name="interaction_type", value_name="clicks")
    clicks["clicks"] = pd.to_numeric(clicks["clicks"]).fillna(0)
    clicks = clicks.merge(mapping, on="interaction_type", how="inner")
    table = clicks.pivot_table(values="clicks", index=INDEX, columns="interaction_mapping", aggfunc="sum")
    table = table.reset_index()
    table.columns.name = None
    write(table, "interactions_mapped", db)


def select(db):
    write(read("interactions_mapped", db)[MODEL], "model_input", db)


def run(raw, path, maps):
    start = time.perf_counter()
    with sqlite3.connect(path) as db:
        load(raw, db)
        map_cities(db, maps)
        map_levels(db, maps)
        map_interactions(db, maps)
        select(db)
    db.close()
    print(f"seconds_total: {time.perf_counter() - start:.3f}")


def compare(first, second):
    a, b = sqlite3.connect(first), sqlite3.connect(second)
    for table in TABLES:
        x, y = read(table, a), read(table, b)
        y = y[x.columns]
        if table != "interactions_mapped":  # of which alone the order is told
            order = [column for column in x.columns if x[column].notna().any()]
            x, y = (frame.sort_values(order).reset_index(drop=True) for frame in (x, y))
        pd.testing.assert_frame_equal(x, y, check_dtype=False)
        print(f"{table}: {len(x)} rows, the same")


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        compare(*sys.argv[2:4])
    else:
        run(*sys.argv[1:4])
