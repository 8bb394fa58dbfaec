"""The numbers in tables for papers: fits side by side, and descriptions of the rows by group."""
