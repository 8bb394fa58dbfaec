"""Calibration errors of logits: by bins, without the bias of chance, beside what chance alone would show."""
