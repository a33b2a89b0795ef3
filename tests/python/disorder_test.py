"""Properties of src/local/launcher/disorder.py, over many seeds."""

import random
import unittest

import disorder


class Draws(unittest.TestCase):
    def test_a_seed_repeats_a_run_whatever_other_transports_do(self):
        for seed in range(50):
            once, again = disorder.Draws(seed), disorder.Draws(seed)
            expected = [once.deliveries("bus") for _ in range(200)]
            found = []
            for _ in range(200):
                again.deliveries("stream")
                found.append(again.deliveries("bus"))
                again.pause()
            self.assertEqual(found, expected)
        self.assertNotEqual(disorder.Draws(1).deliveries("bus"), disorder.Draws(2).deliveries("bus"))

    def test_deliveries_are_delayed_reordered_and_seldom_repeated(self):
        draws = disorder.Draws(7)
        deliveries = [draws.deliveries("bus") for _ in range(20_000)]
        self.assertTrue(all(0 <= delay <= disorder.LONGEST_DELAY for delays in deliveries for delay in delays))
        repeated = sum(len(delays) == 2 for delays in deliveries)
        self.assertEqual(repeated + len(deliveries), sum(map(len, deliveries)))
        self.assertTrue(100 < repeated < 400, repeated)
        firsts = [delays[0] for delays in deliveries]
        self.assertNotEqual(firsts, sorted(firsts))


class Propagation(unittest.TestCase):
    def test_a_change_takes_effect_after_its_pause_and_the_version_before_until_then(self):
        rules = disorder.Propagation(lambda: 2)
        rules.change("r", None, "a", 10)
        self.assertEqual([rules.in_force("r", "a", now) for now in (10, 11.9, 12, 13)], [None, None, "a", "a"])
        rules.change("r", "a", None, 20)
        self.assertEqual([rules.in_force("r", None, now) for now in (20, 22)], ["a", None])
        self.assertEqual(rules.pending(), [])
        # The rule and then its target: live together, after the last.
        rules.change("r", None, "a", 30)
        rules.change("r", "a", "b", 31)
        self.assertEqual([rules.in_force("r", "b", now) for now in (32.5, 33)], [None, "b"])

    def test_what_is_in_force_was_there_for_the_pause_or_is_what_was_in_force_before(self):
        chance = random.Random(1)
        for _ in range(500):
            pauses = []
            rules = disorder.Propagation(lambda: pauses.append(chance.uniform(1, 3)) or pauses[-1])
            current, now, changed_at, before = "0", 0.0, float("-inf"), "0"
            for step in range(30):
                now += chance.choice([0.0, 0.3, 1.0, 4.0])
                in_force = rules.in_force("r", current, now)
                settled = now - changed_at >= (pauses[-1] if pauses else 0)
                self.assertEqual(in_force, current if settled else before)
                if chance.random() < 0.4:
                    new = chance.choice([None, str(step)])
                    if new != current:
                        before, changed_at = in_force, now
                    rules.change("r", current, new, now)
                    current = new


if __name__ == "__main__":
    unittest.main()
