"""Holds studies of `floor calibrate` against the figures that are written down for the same data, and prints the document with both.

usage: hammer_figures.py FIGURES.csv FOLDER   FOLDER has STUDY/calibration.json
"""

import csv
import json
import sys
from collections import defaultdict

TITLES = {
    "twap": "Mean of 60 s, official five-minute closes (`chainlink_btc_1hz`, ends recomputed)",
    "twap_15m": "Mean of 60 s, official fifteen-minute closes (`chainlink_btc_1hz`, ends recomputed)",
    "twap_every_10": "Mean of 60 s, a counterfactual close every 10 s (`chainlink_btc_1hz`, ends recomputed, drawn by half-hours)",
    "spot": "Single observations, official five-minute closes and results (`chainlink_btc_1hz`)",
    "books": "The market's middle on whole books (`btc5m_books`, results of high and medium confidence)",
    "history": "The market's middle some 50 s before the close (`windows_hist` of `btc5m_ladder`)",
    "history_and_stream": "The same moments, where the stream of `chainlink_btc_1hz` covers them",
    "ladder": "The ladder, its recorder's clock taken as 20 s slow, models on the exchange's price (`btc5m_ladder`)",
    "multifeed": "Two windows with their neighbours, settled by recorded means (`btc5m_multifeed`)",
}


def text(estimate):
    return f"{estimate['value']:.3f} [{estimate['low']:.3f} {estimate['high']:.3f}]"


def found(study, before, forecaster, score):
    """The estimate with that name, and how many samples it is of."""
    if score.startswith("won:"):
        edge = float(score[4:])
        for favourite in study["favourites"]:
            is_early = min(favourite["before_s"]) >= 30
            if is_early != (before == "early"):
                continue
            for reliability in favourite["reliability"]:
                for bin in reliability["bins"]:
                    if reliability["forecaster"] == forecaster and abs(bin["from"] - edge) < 1e-9:
                        return bin["came"], bin["samples"]
    else:
        row = next(row for row in study["rows"] if row["before_s"] == int(before))
        if score.startswith("brier_over:"):
            for item in row["differences"]:
                if item["forecaster"] == forecaster and item["than"] == score.split(":")[1]:
                    return item["brier"], item["samples"]
        if score.startswith("weight:") and row["weights"] and row["weights"]["forecaster"] == forecaster:
            return row["weights"][score.split(":")[1]], row["weights"]["samples"]
        for item in row["scores"]:
            if item["forecaster"] == forecaster and score in item:
                return item[score], item["samples"]
    raise SystemExit(f"the study has no {score} of {forecaster} at {before}")


def words(score):
    if score.startswith("won:"):
        return f"favourite won, claim from {score[4:]}"
    if score.startswith("brier_over:"):
        return f"Brier less that of {score.split(':')[1]}"
    if score.startswith("weight:"):
        return {"of_model": "weight of its logit", "of_mid": "weight of the middle's logit"}[score[7:]]
    return {"brier": "Brier", "log_loss": "log loss"}[score]


def times(before):
    return {"early": "120, 60, 30", "late": "15, 10, 5"}.get(before, before)


def main():
    figures, folder = sys.argv[1:]
    studies = {}
    tables = defaultdict(list)
    outside = []
    rows = list(csv.DictReader(open(figures)))
    for row in rows:
        name = row["study"]
        if name not in studies:
            studies[name] = json.load(open(f"{folder}/{name}/calibration.json"))
        ours, samples = found(studies[name], row["before_s"], row["forecaster"], row["score"])
        value = float(row["value"])
        if row["low"]:
            within = float(row["low"]) - 5e-4 <= round(ours["value"], 3) <= float(row["high"]) + 5e-4
            theirs = f"{row['value']} [{row['low']} {row['high']}]"
            rule = "theirs"
        else:
            # Written to so many decimals: as near as that is as near as can be.
            slack = 0.5 * 10 ** -len(row["value"].split(".")[1])
            within = ours["low"] - slack <= value <= ours["high"] + slack
            theirs = row["value"]
            rule = "ours"
        if not within:
            outside.append(row)
        tables[name].append(
            f"| {times(row['before_s'])} | {row['forecaster']} | {words(row['score'])} | {samples} | {text(ours)} | {theirs} "
            f"| {'yes' if within else '**no**'}, {rule} |"
        )
    print(f"{len(rows) - len(outside)} of {len(rows)} written figures are reproduced within their interval.\n")
    for name in TITLES:
        study = json.load(open(f"{folder}/{name}/calibration.json"))
        labels = ", ".join(f"{count} {label}" for label, count in study["labels"].items())
        print(f"## {TITLES[name]}\n")
        left_out = [f"{count} without the models ({reason})" for reason, count in study["silent"].items()]
        if study["unprovable"]:
            left_out.append(f"{study['unprovable']} whose end is not known")
        if study["gap_before_close"]:
            left_out.append(f"{study['gap_before_close']} with a gap before the close")
        print(f"{study['samples']} of {study['asked']} moments judged (ends: {labels}); left out: {', '.join(left_out) or 'none'}.\n")
        if tables[name]:
            print("| s before | forecaster | score | samples | ours [95 %] | written | within |\n|---|---|---|---|---|---|---|")
            print("\n".join(tables[name]) + "\n")
        # All scores of the study, those that are written down nowhere too.
        print("| s before | forecaster | samples | Brier [95 %] | log loss [95 %] |\n|---|---|---|---|---|")
        for row in study["rows"]:
            for item in row["scores"]:
                print(
                    f"| {row['before_s']} | {item['forecaster']} | {item['samples']} | {text(item['brier'])} | {text(item['log_loss'])} |"
                )
        print()
    for row in outside:
        print(f"outside: {row}", file=sys.stderr)
    sys.exit(1 if outside else 0)


main()
