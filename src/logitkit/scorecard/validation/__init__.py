"""Validation of a card: discrimination, bands, calibration by grade, grades, fairness, profit and prior correction."""
