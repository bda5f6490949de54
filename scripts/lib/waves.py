"""Writes recordings of two made-up up/down series whose prices go up and down in waves, for sim-venue --source replay.

usage: waves.py FOLDER [WINDOWS]

btc-15m and eth-15m, WINDOWS windows each (default 3). The price of Up moves between 0.25 and 0.75, a minute up, a minute down; ETH
follows BTC by half a minute. Who goes with a new leg early wins, who notices it late loses, whatever the machine's speed.
"""

import gzip
import hashlib
import json
import sys

START = 1_790_000_100  # a multiple of 900
LENGTH = 900
LEG_MS = 60_000
LAG_MS = {"btc": 0, "eth": 30_000}
STEP_MS = 500
LEVELS = 5


def middle_cents(asset, at_ms):
    """The wave, in cents, half a cent resolution left to the spread."""
    phase = (at_ms - LAG_MS[asset]) % (2 * LEG_MS)
    rise = phase if phase < LEG_MS else 2 * LEG_MS - phase
    return 25 + round(50 * rise / LEG_MS)


def book(asset, at_ms, condition, token):
    bid = middle_cents(asset, at_ms)
    level = lambda cents: {"price": f"0.{cents:02d}", "size": "400"}
    return {
        "market": condition,
        "asset_id": token,
        "timestamp": str(at_ms),
        "hash": "",
        "bids": [level(bid - depth) for depth in reversed(range(LEVELS))],
        "asks": [level(bid + 1 + depth) for depth in reversed(range(LEVELS))],
    }


def write(folder, asset, start):
    slug = f"{asset}-updown-15m-{start}"
    digest = hashlib.sha256(slug.encode()).hexdigest()
    token = str(int(digest, 16))
    with gzip.open(f"{folder}/{slug}.jsonl.gz", "wt", encoding="ascii", compresslevel=5) as out:
        for at_ms in range(start * 1000, (start + LENGTH) * 1000, STEP_MS):
            raw = book(asset, at_ms, "0x" + digest, token)
            line = {"recv_ts": at_ms / 1000, "slug": slug, "asset_id": token, "raw": raw}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


def main():
    folder = sys.argv[1]
    windows = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for asset in LAG_MS:
        for index in range(windows):
            write(folder, asset, START + index * LENGTH)


if __name__ == "__main__":
    main()
