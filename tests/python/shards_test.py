"""Properties of src/local/launcher/shards.py, over many runs at random."""

import random
import unittest

import shards


class Windows(unittest.TestCase):
    def test_no_second_admits_more_than_the_limit_and_no_room_is_wasted(self):
        for seed in range(200):
            chance, now, admitted = random.Random(seed), 0.0, []
            window = shards.Window(100)
            for _ in range(200):
                now += chance.choice([0, 0.001, 0.05, 0.4, 1.2])
                amount = chance.choice([1, 10, 60, 100, 150])
                recent = sum(size for at, size in admitted if at > now - 1)
                fits = window.has_room(amount, now)
                self.assertEqual(fits, recent == 0 or recent + amount <= 100)
                if fits:
                    window.admit(amount, now)
                    admitted.append((now, amount))


class Limits(unittest.TestCase):
    def test_writes(self):
        limits = shards.Limits()
        self.assertEqual(sum(limits.write(10, 0.5) for _ in range(1_500)), 1_000)
        self.assertFalse(limits.write(10, 1.4))
        self.assertTrue(limits.write(10, 1.5))
        limits = shards.Limits()
        # A smaller one fits where a larger one does not. The largest there is fits alone.
        self.assertEqual([limits.write(size, 0) for size in (900_000, 200_000, 100_000)], [True, False, True])
        self.assertTrue(limits.write(shards.MIB + 256, 1))
        self.assertFalse(limits.write(1, 1.9))

    def test_reads(self):
        limits = shards.Limits()
        self.assertEqual([limits.read(0.1 * call) for call in range(7)], [True] * 5 + [False] * 2)
        self.assertTrue(limits.read(1.0))
        # After the most that a call returns, 5 seconds; after as much as a second gives, one.
        for size, pause in ((10 * shards.MIB, 5), (2 * shards.MIB, 1), (5 * shards.MIB, 2.5)):
            limits = shards.Limits()
            self.assertTrue(limits.read(10))
            limits.returned(size, 10)
            self.assertEqual([limits.read(10 + pause - 0.01), limits.read(10 + pause)], [False, True], size)

    def test_reads_average_to_the_limit_whatever_calls_return(self):
        for seed in range(100):
            chance, limits, now, total = random.Random(seed), shards.Limits(), 0.0, 0
            while now < 60:
                now += chance.choice([0.05, 0.2, 0.5])
                if limits.read(now):
                    size = chance.choice([0, 1_000, shards.MIB, 10 * shards.MIB])
                    limits.returned(size, now)
                    total += size
            self.assertLessEqual(total, 61 * shards.READ_BYTES + shards.CALL_BYTES)

    def test_a_mapping_counts_as_one_call_a_second(self):
        limits = shards.Limits()
        self.assertTrue(all(limits.read(0.01 * call, mapped=True) for call in range(100)))
        self.assertEqual([limits.read(0.99) for _ in range(5)], [True] * 4 + [False])
        limits.returned(10 * shards.MIB, 1)
        self.assertFalse(limits.read(5.9, mapped=True))


class Pages(unittest.TestCase):
    def test_an_answer_holds_10_mib_and_at_least_one_record(self):
        self.assertEqual(shards.fitting([]), 0)
        self.assertEqual(shards.fitting([1] * 20_000), 10_000)
        self.assertEqual(shards.fitting([shards.MIB] * 20), 10)
        self.assertEqual(shards.fitting([11 * shards.MIB, 1]), 1)
        self.assertEqual(shards.fitting([3, 3, 3], 6), 2)


class Resharding(unittest.TestCase):
    def test_steps_lead_to_equal_shards_without_a_gap(self):
        chance = random.Random(3)
        for _ in range(300):
            edges = sorted({0, *(chance.randrange(1, 2**16) for _ in range(chance.randrange(6)))})
            ranges = list(zip(edges, [edge - 1 for edge in edges[1:]] + [2**16 - 1]))
            target = chance.randrange(1, 12)
            for step, at in shards.resharded(list(ranges), target):
                if step == "split":
                    split = next(range for range in ranges if range[0] < at <= range[1])
                    ranges.remove(split)
                    ranges += [(split[0], at - 1), (at, split[1])]
                else:
                    low = next(range for range in ranges if range[1] == at - 1)
                    high = next(range for range in ranges if range[0] == at)
                    ranges.remove(low)
                    ranges.remove(high)
                    ranges.append((low[0], high[1]))
                ranges.sort()
            self.assertEqual([start for start, _ in ranges], [2**16 * number // target for number in range(target)])
            self.assertEqual(ranges[-1][1], 2**16 - 1)


class Growths(unittest.TestCase):
    """An on-demand stream grows as "Choose the right mode to stream in" of the developer guide describes."""

    def run_at(self, rate, seconds, size=1_000):
        """Returns the times of doublings of a stream that gets so many records a second, as far as its shards accept."""
        growth, open_shards, doublings = shards.Growth(), 4, []
        for second in range(seconds):
            for _ in range(min(rate, open_shards * min(1_000, shards.MIB // size))):
                growth.observe(size, second)
            if growth.is_due(open_shards, second):
                open_shards *= 2
                doublings.append(second)
        return doublings

    def test_half_of_the_capacity_keeps_the_shards(self):
        self.assertEqual(self.run_at(2_000, 60), [])
        self.assertEqual(self.run_at(20, 60, 100 * 1024), [])

    def test_more_than_half_doubles_them(self):
        self.assertEqual(self.run_at(2_001, 600), [shards.GROWTH_PAUSE])
        self.assertEqual(self.run_at(21, 600, 100 * 1024), [shards.GROWTH_PAUSE])

    def test_writes_do_not_more_than_double_within_15_minutes(self):
        doublings = self.run_at(1_000, 5_000, shards.MIB // 2)
        self.assertEqual(doublings[0], shards.GROWTH_PAUSE)
        self.assertEqual({later - earlier for earlier, later in zip(doublings, doublings[1:])}, {shards.DOUBLING_TIME})

    def test_the_quota_is_never_exceeded(self):
        growth, open_shards = shards.Growth(), 4
        for second in range(0, 100_000, 1_000):
            growth.peak = 10_000
            for now in (second, second + shards.GROWTH_PAUSE):
                open_shards *= 2 if growth.is_due(open_shards, now) else 1
        self.assertEqual(open_shards, 128)


class Modes(unittest.TestCase):
    def test_the_third_switch_of_a_day_is_refused(self):
        times = shards.switched(shards.switched([], 0), 1)
        self.assertIsNone(shards.switched(times, shards.DAY - 1))
        self.assertEqual(shards.switched(times, shards.DAY), [1, shards.DAY])
        self.assertIsNone(shards.switched([1, shards.DAY], shards.DAY))


if __name__ == "__main__":
    unittest.main()
