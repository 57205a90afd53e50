#!/usr/bin/env python3
"""tests/golden/schedule.txt: intervals of py-fsrs (PyPI fsrs 6.3) on 10,000 random sequences of reviews.

Sequence k draws from the generator x <- (x * 6364136223846793005 + 1442695040888963407) mod 2^64, x = k at first, u = x >> 33:
the number of reviews is 2 + u % 10; each review takes a grade 1 + u % 4 and then a wait: u % 8 = 0: as long as u % 2000 minutes, 1:
u % 400 days, else on its due time. A line is the 32-bit FNV-1a of the intervals in seconds, each followed by a blank, and the last
stability and difficulty; the first 100 lines also list the intervals."""
import datetime as dt
import sys

from fsrs import Card, Rating, Scheduler

scheduler = Scheduler(enable_fuzzing=False)
lines = []
for k in range(10000):
    x = k

    def draw():
        global x
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        return x >> 33

    now = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    card = Card(card_id=1, due=now)
    intervals = []
    for _ in range(2 + draw() % 10):
        card, _log = scheduler.review_card(card, Rating(1 + draw() % 4), now)
        intervals.append(int((card.due - now).total_seconds()))
        kind = draw() % 8
        now = now + dt.timedelta(minutes=draw() % 2000) if kind == 0 else now + dt.timedelta(days=draw() % 400) if kind == 1 else card.due
    text = "".join(f"{i} " for i in intervals)
    h = 2166136261
    for b in text.encode():
        h = (h ^ b) * 16777619 % 2**32
    lines.append(f"{h:08x} {card.stability:.9g} {card.difficulty:.9g}" + (" " + text.strip() if k < 100 else ""))
open(sys.argv[1], "w").write("\n".join(lines) + "\n")
