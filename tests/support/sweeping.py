"""A sweep of trials that train nothing, to be killed.

``python sweeping.py RECORDS BACKBONE SEEDS FUNCTION``; the task is ``toy`` in ``$BENCHMARK_TASKS``.
Prints a line for each record.
"""

import os
import signal
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    from benchmark.harness import executors

    executors.warm_up("benchmark.harness.sweep", "toy")

import toy

from benchmark.harness import sweep
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.watch import Watch
from benchmark.records.record import Training, Trial
from benchmark.tasks.load import load_task

ARMS = ("scratch", "finetune", "probe")
DEADLY = Trial("toy", "net", "scratch", 1, 0)


def planned(task, backbone, seeds):
    return prepare(Selection((task,), (backbone,), ARMS, (1, 2), seeds)).jobs


def made(job):
    """Takes a moment, each another one: equal trials would be taken for copies."""
    started = time.perf_counter()
    time.sleep(0.01)
    seconds = time.perf_counter() - started
    return toy.made_by(job, training=Training(5, (1.0, 0.5), True, seconds))


def made_but_one(job):
    """As if the machine had too little memory for one trial."""
    if job.trial == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return made(job)


class Told(Watch):
    def machines(self, line):
        print(f"told: {line}", flush=True)


def main(records, backbone, seeds, function):
    jobs = planned(load_task("toy", Path(os.environ["BENCHMARK_TASKS"])), backbone, int(seeds))
    for record in sweep.run(Path(records), jobs, 2, Told(), function=globals()[function]):
        print(record.trial.seed, flush=True)


if __name__ == "__main__":
    from benchmark.cli import main as cli

    cli.cli.callback = lambda **options: None
    cli.cli.add_command(cli.click.Command("sweep", callback=lambda: main(*sys.argv[1:])))
    cli.main(["sweep"])
