"""Figures, a file each: from a result and an Axes to that Axes; matplotlib is imported when one is drawn."""
