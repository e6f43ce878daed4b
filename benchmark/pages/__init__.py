"""Boards become text for people and programs: tables, pages, figures, CSV, statements in words.

For everybody above: `results` (all files of the leaderboard), `tables` (what a terminal shows,
too), and what a page is made with: `templates`, `printer` (tables), `escape` (names from users),
`words`. Knows neither torch nor where a number came from.
"""
