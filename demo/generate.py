"""Generates a traffic file for `practix demo`: `python demo/generate.py LINES [SEED] > FILE`.

The traffic is a rush before a weekend: a few announcements that everybody wants and many that
some want. People request overlapping announcements, request twice and withdraw.
"""

import json
import sys
from random import Random

EVENING_EVERY = 12
WITHDRAWALS = 0.08
REPEATS = 0.05
HOUR_MS = 3_600_000


def main(lines: int, seed: int) -> None:
    random = Random(seed)
    people = max(20, lines // 10)
    evenings: list[str] = []
    asked: list[tuple[str, str]] = []
    at_ms = 0
    for number in range(lines):
        at_ms += int(random.expovariate(1 / 400))
        if number % EVENING_EVERY == 0:
            event = f"e{len(evenings)}"
            evenings.append(event)
            line = {
                "kind": "announce",
                "event": event,
                "host": f"p{random.randrange(people)}",
                "starts_at_ms": at_ms + HOUR_MS * random.randint(20, 80),
                "place": random.choice(("Moscow", "Kazan", "Tver", "Perm")),
                "seats": random.choice((1, 2, 2, 3, 4, 6, 12)),
            }
        elif asked and random.random() < WITHDRAWALS:
            event, guest = random.choice(asked)
            line = {"kind": "withdraw", "event": event, "guest": guest}
        elif asked and random.random() < REPEATS:
            event, guest = random.choice(asked)
            line = {"kind": "request", "event": event, "guest": guest}
        else:
            recent = evenings[-30:]
            event = recent[int(len(recent) * random.random() ** 2)]
            guest = f"p{random.randrange(people)}"
            asked.append((event, guest))
            line = {"kind": "request", "event": event, "guest": guest}
        print(json.dumps({"at_ms": at_ms, **line}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
