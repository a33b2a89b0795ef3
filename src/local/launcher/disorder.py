"""How AWS's event transports delay, reorder and repeat, drawn from one seed. Pure: no clock, no input or output.

The same seed gives the same draws: the n-th delivery of a transport is delayed and repeated alike in every run.
"""

import random

# The longest delay of a delivery, in seconds: longer than a publisher takes to send the next event, so that later ones
# overtake it.
LONGEST_DELAY = 0.5
# The share of deliveries that happen twice. AWS gives none: "in rare cases" (EventBridge), "might" (DynamoDB).
REPEATED = 0.01
# How long a new or changed rule takes to go live, in seconds. "Allow a short period of time for changes to take effect"
# (PutRule, PutTargets, DeleteRule and others in the EventBridge API reference); on AWS that is up to a minute or so.
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 3.0


class Draws:
    """Draws for each transport from a source of its own, so that the traffic of one does not change those of another."""

    def __init__(self, seed):
        self.seed, self.sources = seed, {}

    def _source(self, transport):
        if transport not in self.sources:
            self.sources[transport] = random.Random(f"{self.seed} {transport}")
        return self.sources[transport]

    def deliveries(self, transport):
        """Returns the delays in seconds of one record's deliveries: one, or now and then two."""
        source = self._source(transport)
        # Always as many draws: whether one delivery is repeated does not shift those after it.
        first, second, chance = source.random(), source.random(), source.random()
        delays = [first, second] if chance < REPEATED else [first]
        return [delay * LONGEST_DELAY for delay in delays]

    def pause(self):
        """Returns how long a change of a rule takes to go live, in seconds."""
        return self._source("rules").uniform(SHORTEST_PAUSE, LONGEST_PAUSE)


class Propagation:
    """Tells which version of a rule is in force: a change takes effect after a pause, until which the version before it
    stays in force. A version is None where the rule does not exist."""

    def __init__(self, pause):
        self.pause, self.changes = pause, {}

    def change(self, key, before, after, now):
        """Notes that a rule was created, changed or deleted. Changes in quick succession go live together, after the last."""
        if before != after:
            self.changes[key] = now + self.pause(), self.in_force(key, before, now)

    def in_force(self, key, current, now):
        """Returns the version that events are matched with now."""
        if key not in self.changes:
            return current
        live_at, before = self.changes[key]
        if now < live_at:
            return before
        del self.changes[key]
        return current

    def pending(self):
        """Returns the keys of rules that may have another version in force than their current one."""
        return list(self.changes)
