"""Boards become text for people and programs: tables, pages, figures, CSV, statements in words.

For everybody above: `results` (all files of the leaderboard), `tables` (what a terminal shows,
too). Knows neither torch nor where a number came from.
"""
