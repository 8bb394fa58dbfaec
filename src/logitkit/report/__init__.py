"""Presentation: results become documents, and documents become text, HTML, Markdown or LaTeX."""
