"""What the conformance tests share: where the venue is, wallets, a market to trade in, the truth log, waiting."""

import json
import os
import secrets
import time
import urllib.request

URL = os.environ["SIM_VENUE_URL"]
TRUTH = os.environ["SIM_VENUE_TRUTH"]
CHAIN = 137


def new_key() -> str:
    """A private key of a wallet that the venue has never seen."""
    return "0x" + secrets.token_hex(32)


def fetch(path: str, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def until(what: str, look, seconds: float = 15):
    """The first true answer of `look`; fails with `what` when none came in time."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def gamma_markets(**wanted):
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    return fetch("/markets?limit=100" + ("&" + query if query else ""))


class Market:
    """A market as Gamma lists it."""

    def __init__(self, row):
        self.row = row
        self.slug = row["slug"]
        self.condition = row["conditionId"]
        self.tokens = row.get("positionIds") or json.loads(row["clobTokenIds"])
        self.tick = row["orderPriceMinTickSize"]
        self.is_up_down = "cryptoMarketConfigId" in row
        self.neg_risk = row["negRisk"]

    def book(self, index: int = 0):
        return fetch("/book?token_id=" + self.tokens[index])

    def best(self, index: int = 0):
        """Best bid and best ask with their sizes; the best level is the last of each list."""
        book = self.book(index)
        if not book["bids"] or not book["asks"]:
            return None
        return book["bids"][-1], book["asks"][-1]


def question(**wanted) -> Market:
    """A market without the hold of up/down windows, with both sides quoted."""

    def look():
        for row in gamma_markets():
            market = Market(row)
            if market.is_up_down or any(row.get(name) != value for name, value in wanted.items()):
                continue
            if market.row["acceptingOrders"] and market.best() and 0.05 < float(market.best()[0]["price"]) < 0.95:
                return market
        return None

    return until(f"a quoted question with {wanted}", look)


def window() -> Market:
    """The up/down window that is traded now."""

    def look():
        for row in gamma_markets(order="endDate"):
            market = Market(row)
            if market.is_up_down and market.row["acceptingOrders"] and market.best():
                return market
        return None

    return until("an open window", look)


def truth(kind: str, **wanted):
    """Entries of the truth log."""
    found = []
    with open(TRUTH, encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break
            entry = json.loads(line)
            if entry["kind"] == kind and all(entry.get(name) == value for name, value in wanted.items()):
                found.append(entry)
    return found
