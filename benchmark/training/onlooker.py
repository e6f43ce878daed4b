"""Somebody who looks on while a network trains, and leaves it as it would have been without."""

from __future__ import annotations

from benchmark.training.loop import Run


class Onlooker:
    """Sees the start, the end, and what lies between at chosen places; keeps nothing itself.

    Looking must draw no random number and change no weight, or the training becomes another one.
    """

    views: tuple[int, ...] = ()
    """Where to look between start and end, increasing; each is rounded up to whole steps."""

    def sees(self, run: Run) -> None:
        """The training as far as it has come."""

    def reconstructed(self, explained: float) -> None:
        """A first training without labels has ended.

        ``explained`` is the share of the pixels' variance that the network paints right in the last
        window of losses, at most 1: 0 is what painting the mean colour achieves.
        """

    def follow(self, run: Run) -> None:
        """Takes ``run`` from its start to its end. Raises `DivergedError` as it does."""
        self.sees(run)
        for views in self.views:
            run.until(-(-views // run.recipe.batch_size))
            if run.step < run.schedule.end:
                self.sees(run)
        run.until(run.recipe.steps)
        self.sees(run)
