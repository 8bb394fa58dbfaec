"""Design matrices as products: one file per kind of storage."""
