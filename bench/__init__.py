"""Benchmarks: what the workbench takes, against what one would otherwise use."""
