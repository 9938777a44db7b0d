"""The interpreter that the comparison runs in, and facts about the machine.

The peers come from the package registry into a virtual environment outside the source tree, one per chosen version
of LightGBM: below $COPSE_BENCH_HOME, else $XDG_CACHE_HOME/copse-bench, else ~/.cache/copse-bench.
"""

import importlib.util
import os
import platform
import subprocess
import sys
from importlib import metadata

PACKAGES = {"lightgbm": "lightgbm", "numpy": "numpy", "scikit-learn": "sklearn"}  # distribution -> module
# Whose results compat=lightgbm reproduces to the last split. 4.7 has another weighted percentile.
REFERENCE_LIGHTGBM = "4.6.0"
OPTIONAL = {"xgboost-cpu": "xgboost"}  # wanted by --accuracy, which does without where it cannot be had
TRIED = "COPSE_BENCH_TRIED"  # set in the environment of a process that had its packages installed


def home():
    chosen = os.environ.get("COPSE_BENCH_HOME")
    if chosen:
        return os.path.abspath(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "copse-bench")


def _has(packages):
    return all(importlib.util.find_spec(module) for module in packages.values())


def _complete(lightgbm):
    return _has(PACKAGES) and lightgbm in (None, metadata.version("lightgbm"))


def enter(script, lightgbm=None, optional=False):
    """Returns when the packages are here; otherwise starts the script again in the environment, made if need be.
    lightgbm: the version to have; optional: have OPTIONAL too, if possible."""
    if _complete(lightgbm) and (not optional or _has(OPTIONAL)):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = os.path.join(home(), f"python{version}" + (f"-lightgbm{lightgbm}" if lightgbm else ""))
    python, changed = os.path.join(folder, "bin", "python"), dict(os.environ)
    if os.path.realpath(sys.prefix) == os.path.realpath(folder) or not os.path.exists(python):
        if TRIED in os.environ:
            if _complete(lightgbm):
                return
            sys.exit(f"bench/compare: could not install {' '.join(_wanted(lightgbm))} into {folder}")
        _install(folder, python, [_wanted(lightgbm)] + ([list(OPTIONAL)] if optional else []))
        changed[TRIED] = "1"
    os.execve(python, [python, script, *sys.argv[1:]], changed)


def _install(folder, python, packages):
    print(f"making {folder}", file=sys.stderr)
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    for group in packages:
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *group],
                       check=False, stdout=sys.stderr)


def _wanted(lightgbm):
    return [name + (f"=={lightgbm}" if lightgbm and name == "lightgbm" else "") for name in PACKAGES]


def _version(module):
    return importlib.import_module(module).__version__ if importlib.util.find_spec(module) else "not installed"


def _first_line(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(key):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"


def machine(optional=False):
    """What a reader needs to place a figure, as a dictionary of texts. optional: with the versions of OPTIONAL."""
    packages = {**PACKAGES, **(OPTIONAL if optional else {})}
    return {
        "processor": _first_line("/proc/cpuinfo", "model name"),
        "threads available": str(len(os.sched_getaffinity(0))),
        "memory": _first_line("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load at start": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        **{name: _version(module) for name, module in packages.items()},
    }
