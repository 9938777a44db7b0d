"""A profile by ydata-profiling in its minimal mode: CSV, page. Prints the seconds from the file to the page, imports left
out."""

import sys
import time
import warnings

import pandas
from ydata_profiling import ProfileReport

warnings.simplefilter("ignore")
start = time.perf_counter()
ProfileReport(pandas.read_csv(sys.argv[1]), minimal=True, progress_bar=False).to_file(sys.argv[2], silent=True)
print(time.perf_counter() - start)
