"""The numbers of tables that stand in papers: fits side by side, and descriptions of the rows by group."""
