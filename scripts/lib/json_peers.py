#!/usr/bin/env python3
"""Reads frames of the market channel as a Python program would, for floor-bench decode.

usage: json_peers.py FILE ROUNDS
  FILE    one frame a line
Prints one line a reader: its name, the nanoseconds of its best, median and worst round, and the sum of every price, size and best price in
10^-6 (zero and one stand for an empty side). Needs orjson and msgspec."""
import sys
import time

import msgspec
import orjson


class Change(msgspec.Struct):
    asset_id: str
    price: str
    size: str
    side: str
    best_bid: str = ""
    best_ask: str = ""


class Level(msgspec.Struct):
    price: str
    size: str


class Event(msgspec.Struct):
    market: str
    timestamp: str
    asset_id: str = ""
    price_changes: list[Change] = []
    bids: list[Level] = []
    asks: list[Level] = []
    price: str = ""
    size: str = ""
    side: str = ""
    best_bid: str = ""
    best_ask: str = ""


def micros(text):
    whole, _, part = text.partition(".")
    return int(whole) * 1000000 + int((part + "000000")[:6])


def best(text):
    value = micros(text) if text else 0
    return 0 if value == 1000000 else value


def from_tree(event):
    total = 0
    for change in event.get("price_changes", ()):
        total += micros(change["price"]) + micros(change["size"]) + best(change.get("best_bid")) + best(change.get("best_ask"))
    for side in ("bids", "asks"):
        for level in event.get(side) or ():
            total += micros(level["price"]) + micros(level["size"])
    if "price" in event:
        total += micros(event["price"]) + micros(event["size"])
    return total + best(event.get("best_bid")) + best(event.get("best_ask"))


def from_struct(event):
    total = 0
    for change in event.price_changes:
        total += micros(change.price) + micros(change.size) + best(change.best_bid) + best(change.best_ask)
    for level in event.bids:
        total += micros(level.price) + micros(level.size)
    for level in event.asks:
        total += micros(level.price) + micros(level.size)
    if event.price:
        total += micros(event.price) + micros(event.size)
    return total + best(event.best_bid) + best(event.best_ask)


def events(read):
    """The venue sends an event, or a list of them."""
    def all_of(frame):
        read_frame = read(frame)
        return read_frame if isinstance(read_frame, list) else (read_frame,)
    return all_of


def main():
    if len(sys.argv) != 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        frames = file.read().splitlines()
    typed = msgspec.json.Decoder(Event | list[Event])
    readers = {"orjson": (events(orjson.loads), from_tree), "msgspec": (events(typed.decode), from_struct)}
    for name, (read, total) in readers.items():
        for what in ("parse", "extract"):
            times = []
            for _ in range(int(sys.argv[2])):
                found = 0
                start = time.perf_counter_ns()
                if what == "parse":
                    for frame in frames:
                        read(frame)
                else:
                    for frame in frames:
                        for event in read(frame):
                            found += total(event)
                times.append(time.perf_counter_ns() - start)
            times.sort()
            print(f"{name}-{what}", times[0], times[len(times) // 2], times[-1], found)


main()
