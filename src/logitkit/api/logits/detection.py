"""Detections, which show themselves."""

from __future__ import annotations

from logitkit.logits.detection.yolo import decode_yolo as _decode_yolo
from logitkit.results.logits.detections import Detections
from logitkit.results.shown import showing

__all__ = ["decode_yolo"]

decode_yolo = showing(_decode_yolo, Detections)
