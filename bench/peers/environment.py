"""The interpreter that the comparison runs in, and facts about the machine.

LightGBM comes from the package registry into a virtual environment outside the source tree:
$COPSE_BENCH_HOME, else $XDG_CACHE_HOME/copse-bench, else ~/.cache/copse-bench.
"""

import importlib.util
import os
import platform
import subprocess
import sys

PACKAGES = {"lightgbm": "lightgbm", "numpy": "numpy", "scikit-learn": "sklearn"}  # distribution -> module


def home():
    chosen = os.environ.get("COPSE_BENCH_HOME")
    if chosen:
        return os.path.abspath(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "copse-bench")


def _complete():
    return all(importlib.util.find_spec(module) for module in PACKAGES.values())


def enter(script):
    """Returns when the packages are here; otherwise makes the environment and starts the script again in it."""
    if _complete():
        return
    folder = os.path.join(home(), f"python{sys.version_info.major}.{sys.version_info.minor}")
    python = os.path.join(folder, "bin", "python")
    if os.path.realpath(sys.prefix) == os.path.realpath(folder) or not os.path.exists(python):
        print(f"making {folder} with {', '.join(PACKAGES)}", file=sys.stderr)
        subprocess.run([sys.executable if not os.path.exists(python) else python, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
                       check=True, stdout=sys.stderr)
    os.execv(python, [python, script, *sys.argv[1:]])


def _first_line(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(key):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"


def machine():
    """What a reader needs to place a figure, as a dictionary of texts."""
    from importlib.metadata import version

    return {
        "processor": _first_line("/proc/cpuinfo", "model name"),
        "threads available": str(len(os.sched_getaffinity(0))),
        "memory": _first_line("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load at start": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }
