#!/usr/bin/env python3
"""Sums a simulated venue's truth log, independently of the floor, and compares it with the floor's ledger.

usage: truth_sum.py TRUTH_LOG [--ledger]

Prints one JSON object: what the venue says account 0 holds (dollars and tokens, in millionths), how many orders of it were taken, how
many trades it took part in and what fees it paid. With --ledger it also reads the floor's ledger, fills and orders through psql (PGHOST,
PGDATABASE, PGUSER as usual), compares to the millionth, and exits 1 with every difference named: also an order that the venue took
twice, that stands in no record, or that is the second of its intent. Uses nothing but Python's standard library, and none of the
floor's code.
"""
import collections
import json
import subprocess
import sys


def read(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break  # the last line of a killed venue may be torn
            yield json.loads(line)


def sum_truth(path):
    balances = collections.Counter()
    last = {}
    trades = {}
    orders = collections.Counter()
    fees = 0
    for entry in read(path):
        kind = entry["kind"]
        if kind == "balance" and entry["account"] == 0:
            balances[entry["asset"]] += entry["delta"]
            last[entry["asset"]] = entry["after"]
        elif kind == "order" and entry["account"] == 0:
            orders[entry["order"]] += 1
        elif kind == "trade":
            for part in [entry["taker"]] + entry["makers"]:
                if part.get("account") == 0:
                    key = (entry["trade"], part["order"])
                    if key in trades:
                        sys.exit(f"the venue names the fill {key} twice")
                    trades[key] = part
                    fees += part["fee"]
    for asset, total in balances.items():
        if last[asset] != total:
            sys.exit(f"the venue's own balance of {asset} is {last[asset]}, the sum of its changes {total}")
    return balances, trades, fees, orders


def query(sql):
    answer = subprocess.run(["psql", "-XqtA", "-F", "\t", "-c", sql], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in answer.stdout.splitlines() if line]


def micros(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("-").partition(".")
    return sign * (int(whole) * 1_000_000 + int((fraction + "000000")[:6]))


def doubled(taken, recorded):
    """What breaks "one intent, one order": `taken` counts what the venue took, `recorded` is the intent of each order in the record."""
    differences = [f"the venue took the order {order} {times} times" for order, times in taken.items() if times > 1]
    differences += [f"the order {order} is the venue's alone" for order in taken if order not in recorded]
    intents = collections.defaultdict(list)
    for order in taken:
        if order in recorded:
            intents[recorded[order]].append(order)
    differences += [f"the intent {intent} has {len(orders)} orders at the venue: {', '.join(orders)}"
                    for intent, orders in intents.items() if len(orders) > 1]
    return differences


def compare(balances, trades, fees, orders):
    differences = doubled(orders, dict(query("select order_id, intent_id from orders")))
    ledger = collections.Counter()
    for asset, amount in query(
        "select asset, sum(amount) from ledger_entries where account = 'treasury' or account like 'agent:%' group by asset"
    ):
        ledger[asset] = micros(amount)
    for asset in sorted(set(ledger) | set(balances)):
        if ledger[asset] != balances[asset]:
            differences.append(f"{asset}: ledger {ledger[asset]}, venue {balances[asset]}")
    ours = {(trade, order): (micros(size), micros(fee)) for trade, order, size, fee in query(
        "select venue_trade_id, order_id, size, fee from fills")}
    for key, part in trades.items():
        mine = ours.pop(key, None)
        theirs = (part["shares"], part["fee"])
        if mine != theirs:
            differences.append(f"fill {key}: ours {mine}, venue {theirs}")
    differences += [f"fill {key} is ours alone" for key in ours]
    return differences


def main():
    arguments = sys.argv[1:]
    if not arguments or "--help" in arguments:
        print(__doc__.strip())
        sys.exit(0 if arguments else 64)
    balances, trades, fees, orders = sum_truth(arguments[0])
    result = {"usd": balances["USD"], "fees": fees, "orders": sum(orders.values()), "fills": len(trades),
              "tokens": {asset: amount for asset, amount in sorted(balances.items()) if asset != "USD" and amount}}
    if "--ledger" in arguments:
        result["differences"] = compare(balances, trades, fees, orders)
    print(json.dumps(result))
    sys.exit(1 if result.get("differences") else 0)


main()
