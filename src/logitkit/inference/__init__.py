"""Inference from an estimate and its covariance: functions of a record that return frozen results."""
