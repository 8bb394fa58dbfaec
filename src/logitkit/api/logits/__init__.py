"""Functions of ``lk.logits`` whose results show themselves: those of lower rooms, with what prints and draws."""
