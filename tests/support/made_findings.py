"""Findings without trainings: numbers that somebody could have measured."""

import dataclasses
import math

from toy import FACTS

from benchmark.files import digest
from benchmark.records.explained.finding import (
    QUESTIONS,
    RANDOM_START,
    Basin,
    Cell,
    Compression,
    Effect,
    Finding,
    Layers,
    Look,
    Path,
    Reuse,
    Scale,
)
from benchmark.records.fingerprint import PROTOCOL

BLOCKS = ("stem", "layer1.0", "head")


def answer(question, seed=0):
    return _ANSWERS[question](seed / 100)


def _basin(off):
    def path(height):
        rise = [height * math.sin(math.pi * k / 10) for k in range(11)]
        return Path(tuple(rise), tuple(rise), tuple(0.1 + off + one / 4 for one in rise))

    return Basin(
        {"scratch": Look(640, 0.01, 0.6 + off), "finetune": Look(640, 0.01, 0.4)},
        {"scratch": not off, "finetune": True},
        {
            "finetune to finetune": path(0.02),
            "scratch to scratch": path(2.0 + off),
            "scratch to finetune": path(1.5 + off),
        },
        {arm: dict.fromkeys(BLOCKS, 0.5 + off) for arm in ("scratch", "finetune")},
    )


def _effect(off):
    def course(rate, test_loss):
        looks = (
            Look(64 * k, math.log(3) * 0.5 ** (k / rate), test_loss + off / (1 + k))
            for k in range(40)
        )
        return tuple(looks)

    courses = {RANDOM_START: course(4, 0.6), "finetune": course(2, 0.4)}
    return Effect(courses, {RANDOM_START: True, "finetune": True})


def _scale(off):
    return Scale(
        {"scratch": 0.6 + off, "finetune": 0.9, "matched_init": 0.65 + off},
        BLOCKS,
        {1: 0.85, 2: 0.75 - off, 3: 0.6},
    )


def _reuse(off):
    weak, strong = (0.3, 0.35, 0.3 + off), (0.6, 0.7 - off, 0.6)
    return Reuse(
        BLOCKS,
        {
            RANDOM_START: Layers(weak, strong, (0.5, 0.4 + off, 0.2)),
            "finetune": Layers(strong, (0.7, 0.8, 0.9), (0.95, 0.9 - off, 0.1)),
        },
    )


def _compression(off):
    gains = {"autoencoder": 0.61 + off, "autoencoder_all": 0.64 + off}
    return Compression(
        {"scratch": 0.6, "finetune": 0.9 - off} | gains,
        {"autoencoder": 0.8, "autoencoder_all": 0.9},
    )


_ANSWERS = dict(zip(QUESTIONS, (_basin, _effect, _scale, _reuse, _compression), strict=True))


def finding(question="scale", n=2, seed=0, task="toy", backbone="net", **changed):
    made = Finding(
        cell=Cell(task, backbone, n, seed),
        question=question,
        fingerprint=digest([question, n, seed]),
        protocol=PROTOCOL,
        reason=None,
        answer=answer(question, seed),
        recipes={"scratch": {"views": 64, "learning_rate": 0.01}, "scratch twin": {"views": 64}},
        data=FACTS,
        backbone_label="a made-up network",
        weights_hash="weights",
        subset_hash=f"subset {n} {seed}",
        seconds=2.0,
        versions={"python": "3.11"},
        device="cpu",
        finished="2026-01-01T00:00:00+00:00",
    )
    return dataclasses.replace(made, **changed)


def findings(seeds=3, sizes=(2, 20), **changed):
    return [
        finding(question, n, seed, **changed)
        for question in QUESTIONS
        for n in sizes
        for seed in range(seeds)
    ]
