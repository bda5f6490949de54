#!/usr/bin/env python3
"""Made-up series and what numpy and pandas make of them, for Tests/SharedTests/Indicators/IndicatorReferenceTests.swift.

usage: indicator_reference.py SEED > FILE

Everything is computed from the definitions, over the whole history at once, never step by step. Values are whole numbers at 10^-6 of their
unit, times whole milliseconds.
"""
import json
import sys

import numpy as np
import pandas as pd

START_MS = 1_795_180_500_000
SPAN = 20                 # steps of the exponential mean
WINDOW_MS = 20_000        # of rolling mean, deviation and rate of change
BAR_MS, PERIOD = 5_000, 14
SLACK, THRESHOLD = 0.5, 2.5
SHORT_S, BASELINE_S = 5, 30


def ticks(rng, count):
    """A walk told at uneven times, 60 ms to 2 s apart."""
    times = START_MS + np.cumsum(rng.integers(60, 2000, count))
    values = 500_000 + np.cumsum(rng.integers(-4000, 4001, count))
    return times, np.clip(values, 20_000, 980_000)


def exponential(values):
    ewm = pd.Series(values, dtype=float).ewm(span=SPAN, adjust=False)
    return ewm.mean(), ewm.var(bias=True)


def cusum(deviations):
    """up = max(0, up + d - k) in closed form: the running sum above its own lowest point (or nothing)."""
    def one_side(steps):
        total = np.cumsum(steps)
        return total - np.minimum(np.minimum.accumulate(total), 0)
    return one_side(deviations - SLACK), one_side(-deviations - SLACK)


def rolling(times, values):
    """Time-weighted over the window before each tick: on a grid of milliseconds each counts with the value in force."""
    grid = pd.Series(values, index=times, dtype=float)
    grid = grid.reindex(np.arange(times[0], times[-1] + 1)).ffill()
    window = grid.rolling(WINDOW_MS)
    mean, deviation = window.mean().shift(1), window.std(ddof=0).shift(1)
    return mean.loc[times], deviation.loc[times]


def back(times, values):
    """The last value known at or before each tick's time less the window."""
    frame = pd.DataFrame({"time": times, "value": values})
    asked = pd.DataFrame({"time": times - WINDOW_MS})
    return pd.merge_asof(asked, frame, on="time", direction="backward")["value"]


def average_range(times, values):
    """Wilder's average true range after each bar, bars closed at their right end, silent ones flat at the last close."""
    index = pd.to_datetime(times, unit="ms")
    bars = pd.Series(values, index=index, dtype=float).resample(f"{BAR_MS}ms", closed="right", label="right").ohlc()
    close = bars["close"].ffill()
    high, low = bars["high"].fillna(close), bars["low"].fillna(close)
    before = close.shift(1)
    true = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)
    smooth = true.copy()
    smooth.iloc[: PERIOD - 1] = np.nan
    smooth.iloc[PERIOD - 1] = true.iloc[:PERIOD].mean()
    smooth = smooth.iloc[PERIOD - 1:].ewm(alpha=1 / PERIOD, adjust=False).mean().reindex(true.index)
    ends = bars.index.asi8 // 1_000_000
    # A bar counts once something later is known.
    done = np.searchsorted(ends, times, side="left")
    return done, [None if n == 0 or np.isnan(smooth.iloc[n - 1]) else float(smooth.iloc[n - 1]) for n in done]


def volatility(rng):
    """Seconds with a few missing (at most two in a row), and the realised volatility of five-second changes, half-life 300 s."""
    seconds = np.arange(1500)
    price = 70_000 * np.exp(np.cumsum(rng.normal(0, 5e-5, len(seconds))))
    keep = rng.random(len(seconds)) > 0.1
    keep[[0, -1]] = True
    for i in range(2, len(keep)):
        keep[i] |= not keep[i - 1] and not keep[i - 2]
    line = pd.Series(np.where(keep, price, np.nan)).interpolate("linear")
    squares = np.log(line).diff(5) ** 2 / 5
    sigma = np.sqrt(squares.ewm(halflife=300, adjust=True).mean())
    return seconds[keep].tolist(), price[keep].tolist(), sigma[keep].tolist()


def flow(rng):
    """Amounts to either side at uneven times; sums of the last whole-second bins and of the baseline before them."""
    times = START_MS + np.cumsum(rng.integers(20, 3000, 400))
    yes, no = rng.integers(0, 10**9, 400), rng.integers(0, 10**9, 400)
    second = times // 1000
    bins = pd.DataFrame({"yes": yes, "no": no}, index=second).groupby(level=0).sum()
    bins = bins.reindex(np.arange(second[0], second[-1] + 1), fill_value=0)
    # Up to each tick its own second is not over: take what came before within it.
    so_far = pd.DataFrame({"yes": yes, "no": no}).groupby(second).cumsum()
    short = bins.rolling(SHORT_S - 1, min_periods=0).sum().shift(1, fill_value=0).loc[second].to_numpy() + so_far.to_numpy()
    whole = bins.rolling(SHORT_S + BASELINE_S - 1, min_periods=0).sum().shift(1, fill_value=0).loc[second].to_numpy() + so_far.to_numpy()
    return times, yes, no, short, whole - short


def books(rng):
    """Five levels a side, and their spread, depths (cut to 10^-6 dollars) and imbalance."""
    out = []
    for _ in range(200):
        best = int(rng.integers(10, 90))
        gap = int(rng.integers(1, 4))
        sizes = rng.integers(1, 10**10, (2, 5))
        bids = [best - i for i in range(5)]
        asks = [best + gap + i for i in range(5)]
        worth = [int(sum(int(p) * 10_000 * int(s) for p, s in zip(side, size)) // 10**6) for side, size in zip((bids, asks), sizes)]
        total = sizes.sum(axis=1).astype(float)
        out.append({"bids": bids, "asks": asks, "bid_sizes": sizes[0].tolist(), "ask_sizes": sizes[1].tolist(),
                    "spread": gap * 10_000, "bid_depth": worth[0], "ask_depth": worth[1],
                    "imbalance": float((total[0] - total[1]) / total.sum())})
    return out


def listed(values):
    return [None if pd.isna(value) else value for value in np.asarray(values, dtype=object).tolist()]


def main():
    seed = int(sys.argv[1])
    rng = np.random.default_rng(seed)
    times, values = ticks(rng, 400)
    mean, variance = exponential(values)
    # In deviations from the mean of before, and in dollars: two units (C-05).
    before, width = mean.shift(1), np.sqrt(variance.shift(1))
    sigma = ((values - before) / np.maximum(width, 5000)).fillna(0).to_numpy()
    price = ((values - before) / 1e4).fillna(0).to_numpy()
    rolling_mean, rolling_deviation = rolling(times, values)
    done, ranges = average_range(times, values)
    flow_times, yes, no, short, baseline = flow(rng)
    seconds, prices, realised = volatility(rng)
    cusums = {}
    for name, deviations in (("sigma", sigma), ("price", price)):
        up, down = cusum(deviations)
        cusums[name] = {"deviations": deviations.tolist(), "up": up.tolist(), "down": down.tolist()}
    json.dump({
        "seed": seed, "numpy": np.__version__, "pandas": pd.__version__,
        "settings": {"span": SPAN, "window_ms": WINDOW_MS, "bar_ms": BAR_MS, "period": PERIOD, "slack": SLACK,
                     "threshold": THRESHOLD, "short_s": SHORT_S, "baseline_s": BASELINE_S},
        "times": times.tolist(), "values": values.tolist(), "ewma_mean": mean.tolist(), "ewma_variance": variance.tolist(),
        "cusum": cusums, "rolling_mean": listed(rolling_mean), "rolling_deviation": listed(rolling_deviation),
        "back": listed(back(times, values)), "bars": done.tolist(), "range": ranges,
        "volatility": {"seconds": seconds, "prices": prices, "sigma": listed(realised)},
        "flow": {"times": flow_times.tolist(), "yes": yes.tolist(), "no": no.tolist(),
                 "short": short.astype(np.int64).tolist(), "baseline": baseline.astype(np.int64).tolist()},
        "books": books(rng),
    }, sys.stdout, allow_nan=False)


if __name__ == "__main__":
    main()
