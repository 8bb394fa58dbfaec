"""Arrays and threads: compiled loops, and how work is divided over threads. Nothing here knows a model."""
