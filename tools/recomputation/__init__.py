"""What docs/experiment.md and docs/intervals.md say, computed once more with NumPy and SciPy and nothing of ergon's."""
