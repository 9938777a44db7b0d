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
REFERENCE_LIGHTGBM = "4.6.0"  # of --check: whose results compat=lightgbm reproduces to the last split
# Wanted by some modes, which do without where they cannot be had: module -> what to ask the registry for, in turn.
OTHER_LEARNERS = {"xgboost": (["xgboost-cpu"], ["xgboost"])}
PEERS = {**OTHER_LEARNERS, "catboost": (["catboost"],), "treelite": (["treelite"],), "tl2cgen": (["tl2cgen"],),
         "lleaves": (["lleaves", "llvmlite<0.45"],)}  # of --table; lleaves 1.3 needs that LLVM's pass manager
CATBOOST = {"catboost": (["catboost"],)}  # of --amazon
AUTO = {**OTHER_LEARNERS, **CATBOOST}  # of --accuracy and --auto
PREPARATION = {"pandas": (["pandas"],)}  # of --prep
TRIED = "COPSE_BENCH_TRIED"  # set in the environment of a process that had its packages installed


def compat_of(version):
    """Copse's compat for a version of LightGBM: 4.7 has another weighted percentile."""
    return "lightgbm4.7" if tuple(map(int, version.split(".")[:2])) >= (4, 7) else "lightgbm"


def home():
    chosen = os.environ.get("COPSE_BENCH_HOME")
    if chosen:
        return os.path.abspath(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "copse-bench")


def _has(modules):
    return all(importlib.util.find_spec(module) for module in modules)


def _complete(lightgbm):
    return _has(PACKAGES.values()) and lightgbm in (None, metadata.version("lightgbm"))


def enter(script, lightgbm=None, optional=None):
    """Returns when the packages are here; otherwise starts the script again in the environment, made if need be.
    lightgbm: the version to have; optional: modules to have too, if possible (OTHER_LEARNERS, PEERS, PREPARATION)."""
    optional = optional or {}
    if _complete(lightgbm) and _has(optional):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = os.path.join(home(), f"python{version}" + (f"-lightgbm{lightgbm}" if lightgbm else ""))
    python, changed = os.path.join(folder, "bin", "python"), dict(os.environ)
    if os.path.realpath(sys.prefix) == os.path.realpath(folder) or not os.path.exists(python):
        if TRIED in os.environ:
            if _complete(lightgbm):
                return
            sys.exit(f"bench/compare: could not install {' '.join(_wanted(lightgbm))} into {folder}")
        _install(folder, python, _wanted(lightgbm), optional)
        changed[TRIED] = "1"
    os.execve(python, [python, script, *sys.argv[1:]], changed)


def _install(folder, python, packages, optional):
    print(f"making {folder}", file=sys.stderr)
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    _pip(python, packages)
    for module, choices in optional.items():
        here = [python, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"]
        if subprocess.run(here, check=False).returncode != 0:
            any(_pip(python, choice) for choice in choices)  # the first that can be had


def _pip(python, packages):
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode == 0


def _wanted(lightgbm):
    return [name + (f"=={lightgbm}" if lightgbm and name == "lightgbm" else "") for name in PACKAGES]


def _version(distributions):
    for name in distributions:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    return "not installed"


def _first_line(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(key):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"


def machine(optional=None):
    """What a reader needs to place a figure, as a dictionary of texts. optional: with the versions of these modules."""
    return {
        "processor": _first_line("/proc/cpuinfo", "model name"),
        "threads available": str(len(os.sched_getaffinity(0))),
        "memory": _first_line("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load at start": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        **{name: _version([name]) for name in PACKAGES},
        **{module: _version([choice[0] for choice in choices]) for module, choices in (optional or {}).items()},
    }
