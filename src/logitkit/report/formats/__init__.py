"""Documents as text, HTML, LaTeX, Markdown, Word, Excel, JSON: one renderer per format, which computes nothing."""
