"""From results to what a board reads: charts and tables as values, chapters, and the renderers that show them."""
