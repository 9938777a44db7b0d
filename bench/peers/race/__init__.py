"""The table of speed: engines in worker processes, rows, goals, verdicts."""
