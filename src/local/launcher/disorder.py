"""Delays, order and repetition of AWS's event transports, drawn from one seed. Pure: no clock, no input or output.

The same seed gives the same draws: the n-th delivery of a transport is delayed and repeated alike in every run.
"""

import random

# Maximum delay of a delivery, in seconds: longer than a publisher takes to send the next event, so that later ones
# overtake it.
LONGEST_DELAY = 0.5
# Share of duplicate deliveries. AWS gives none: "in rare cases" (EventBridge), "might" (DynamoDB).
REPEATED = 0.01
# Time until a new or changed rule is live, in seconds. "Allow a short period of time for changes to take effect"
# (PutRule, PutTargets, DeleteRule and others in the EventBridge API reference); on AWS that is up to a minute or so.
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 3.0


class Draws:
    """Draws for each transport from a separate source, so that the traffic of one does not change those of another."""

    def __init__(self, seed):
        self.seed, self.sources = seed, {}

    def _source(self, transport):
        if transport not in self.sources:
            self.sources[transport] = random.Random(f"{self.seed} {transport}")
        return self.sources[transport]

    def deliveries(self, transport):
        """Returns the delays in seconds of one record's deliveries: one, or occasionally two."""
        source = self._source(transport)
        # Always as many draws: a duplicate delivery does not shift those after it.
        first, second, chance = source.random(), source.random(), source.random()
        delays = [first, second] if chance < REPEATED else [first]
        return [delay * LONGEST_DELAY for delay in delays]

    def pause(self):
        """Returns the time in seconds until a change of a rule is live."""
        return self._source("rules").uniform(SHORTEST_PAUSE, LONGEST_PAUSE)


class Propagation:
    """Keeps the active version of each rule: a change takes effect after a pause, until which the version before it
    stays active. A version is None if the rule does not exist."""

    def __init__(self, pause):
        self.pause, self.changes = pause, {}

    def change(self, key, before, after, now):
        """Records that a rule was created, changed or deleted. Changes in quick succession go live together, after the
        last."""
        if before != after:
            self.changes[key] = now + self.pause(), self.in_force(key, before, now)

    def in_force(self, key, current, now):
        """Returns the version that events are matched with at present."""
        if key not in self.changes:
            return current
        live_at, before = self.changes[key]
        if now < live_at:
            return before
        del self.changes[key]
        return current

    def pending(self):
        """Returns the keys of rules whose active version may differ from their current one."""
        return list(self.changes)
