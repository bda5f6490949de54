"""The log of scripts/bench-peers as a table: events a second, memory and trades of each engine, and what ours is of theirs.

usage: engine_table.py LOG

A line of the log is an engine's name and one line of what it printed. Fails when an engine is missing or found other trades than ours; one
whose loop ends before the last quote may lack a trade of each side there.
"""
import re
import statistics
import sys

SPEED = {
    "nautilus": r"breakout events .* ev_s (\d+)",
    "hftbacktest": r"breakout rows .* rows_s (\d+)",
    "python": r"py-tight .* ev_s (\d+)",
    "c": r"run median_s .* ev_s (\d+)",
    "floor": r"engine +\d+ +(\d+)",
    "bare": r"bare loop +\d+ +(\d+)",
}
TRADES = [r"buys (\d+),? sells (\d+)", r"buys,sells,pnl \((\d+), (\d+)", r"bought (\d+), sold (\d+)"]
MEMORY = r"peak_rss_kib (\d+) wall_s ([\d.]+)"


def read(path):
    """Engine and tokens → the figures of its rounds."""
    runs = {}
    for line in open(path, encoding="utf-8"):
        name, _, text = line.rstrip("\n").partition(" ")
        if name.endswith("-sweep"):
            continue
        run = runs.setdefault(name, {"speed": [], "trades": set(), "memory": [], "wall": []})
        kind = name.split("-")[0]
        if found := re.search(SPEED[kind], text):
            run["speed"].append(int(found[1]))
        if kind == "floor" and (found := re.match(SPEED["bare"], text)):
            runs.setdefault(name.replace("floor", "bare"), {"speed": [], "trades": set(), "memory": [], "wall": []})[
                "speed"].append(int(found[1]))
        for pattern in TRADES:
            if found := re.search(pattern, text):
                run["trades"].add((int(found[1]), int(found[2])))
        if found := re.search(MEMORY, text):
            run["memory"].append(int(found[1]) / 1024)
            run["wall"].append(float(found[2]))
    return runs


def sweeps(path):
    """Prints the sweep of two hundred settings; what is wrong with it."""
    speeds, sums = {}, {}
    for line in open(path, encoding="utf-8"):
        name, _, text = line.rstrip("\n").partition(" ")
        kind, _, what = name.partition("-")
        if what != "sweep":
            continue
        if found := re.search(r"combo_ev(?:ents)?_s (\d+)", text):
            speeds.setdefault(kind, []).append(int(found[1]))
        if found := re.match(r" *(\d+) +\d+ +(\d+)$", text):
            speeds.setdefault(f"floor, {found[1]} cores" if found[1] != "1" else "floor", []).append(int(found[2]))
        if found := re.search(r"orders (\d+),? (?:pnl|pnl_milli|won) (-?\d+)", text):
            sums.setdefault(kind, set()).add((int(found[1]), int(found[2])))
    if not speeds.get("floor"):
        return ["there is no sweep of ours"]
    base = statistics.median(speeds["floor"])
    print("\n| sweep of 200 settings | settings × events a second | ours on one core to it |\n|---|---|---|")
    for kind in sorted(speeds):
        speed = statistics.median(speeds[kind])
        print(f"| {kind} | {speed:,.0f} | {base / speed:.2f} |")
    wanted = sums.get("floor")
    return [f"{kind} found {found}, ours {wanted}" for kind, found in sums.items() if found != wanted] + [
        f"{kind} gave no sweep" for kind in ("python", "numba", "c") if kind not in speeds]


def main():
    runs = read(sys.argv[1])
    problems = []
    ours = {tokens: runs.get(f"floor-{tokens}") for tokens in ("1", "50")}
    print("| engine | events a second | ours to it | whole process, s | peak, MB | buys, sells |")
    print("|---|---|---|---|---|---|")
    for name in sorted(runs):
        run = runs[name]
        kind, tokens = name.split("-")
        if not run["speed"]:
            problems.append(f"{name} gave no figure")
            continue
        speed = statistics.median(run["speed"])
        base = runs.get(f"bare-{tokens}") if kind in ("c", "python", "bare") else ours[tokens]
        ratio = statistics.median(base["speed"]) / speed if base and base["speed"] else float("nan")
        trades = sorted(run["trades"])
        wanted = next(iter(ours[tokens]["trades"]), None) if ours[tokens] else None
        for buys, sells in trades:
            if wanted and (abs(buys - wanted[0]) > 1 or abs(sells - wanted[1]) > 1):
                problems.append(f"{name} bought {buys} and sold {sells}, ours {wanted[0]} and {wanted[1]}")
        cell = lambda values, digits: f"{statistics.median(values):.{digits}f}" if values else "–"
        shown = ", ".join(f"{buys}/{sells}" for buys, sells in trades) or "–"
        label = f"{kind}, {tokens} token" + ("s" if tokens != "1" else "")
        print(f"| {label} | {speed:,.0f} | {ratio:.2f} | {cell(run['wall'], 1)} | {cell(run['memory'], 0)} | {shown} |")
    print("\nbare: our loop of the strategy alone, beside the loops of plain Python and C; floor: the whole engine")
    problems += sweeps(sys.argv[1])
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
