"""Trains LightGBM in a process of its own, so that its time and memory are its own: reads one JSON object of
{data, parameters, rounds, model} from standard input, writes one of {load_s, train_s, peak_mb} to standard
output."""

import json
import resource
import sys
import time

import lightgbm


def main():
    job = json.load(sys.stdin)
    base_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    data = lightgbm.Dataset(job["data"], params=job["parameters"],
                            categorical_feature=job.get("categorical", [])).construct()
    loaded = time.perf_counter()
    booster = lightgbm.Booster(job["parameters"], data)
    for _ in range(job["rounds"]):
        if booster.update():
            break
    trained = time.perf_counter()
    booster.save_model(job["model"])
    json.dump({"load_s": loaded - start, "train_s": trained - loaded,
               "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "base_mb": base_mb},
              sys.stdout)


if __name__ == "__main__":
    main()
