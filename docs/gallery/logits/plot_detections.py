"""
What did the detector find?
===========================

Each box has its class and score. Where boxes of one class overlap, only the one with the highest score is kept.
"""

import numpy as np

import logitkit as lk

head = np.random.default_rng(2).normal(-1.0, 2.0, (3, 5 + 4, 8, 8))  # 3 anchors, 4 classes, 8 by 8 cells
head[:, 2:4] *= 0.2  # widths and heights near those of the anchors
found = lk.logits.decode_yolo(head, anchors=[[20, 20], [40, 30], [30, 40]], stride=16)
found.above(0.75).kept(overlap=0.3).plot(names=["cat", "dog", "bird", "fish"])
