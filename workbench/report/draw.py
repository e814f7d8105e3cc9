"""Draw the charts with matplotlib (being written)."""
