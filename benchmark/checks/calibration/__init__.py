"""Do the verdicts keep their promise? Sweeps with a known crossover, simulated and judged."""
