"""From a design and a model to the frozen record of the fit."""
