"""How good a model is, measured: score tables, figures with intervals, calibration, and the pages that show them."""
