import FloorSim
import Shared

/// A sweep's judgement for the terminal.
enum SweepText {
  static func text(_ journal: SweepJournal, _ judgement: SweepJudgement) -> String {
    [table(journal, judgement), ranges(judgement), verdict(journal, judgement)].filter { !$0.isEmpty }
      .joined(separator: "\n\n")
  }

  private static func table(_ journal: SweepJournal, _ judgement: SweepJudgement) -> String {
    var table = Table(["run"] + journal.grid.axes.map(\.key) + ["trades", "won %", "net $", "drawdown $", "an hour"])
    for run in judgement.topFifth.prefix(10) {
      table.rows.append(
        ["\(run.number)"] + run.values.map(SweepGrid.text) + [
          "\(run.trades)", Figures.percent(run.winRate), BacktestText.dollars(run.pnl),
          BacktestText.dollars(run.maxDrawdown), Figures.text(run.tradesAnHour),
        ])
    }
    return
      "the best of \(journal.runs.count) runs (\(journal.grid.count) combinations, \(journal.markets.count) settled markets)\n"
      + table.text
  }

  private static func ranges(_ judgement: SweepJudgement) -> String {
    guard !judgement.topFifth.isEmpty else { return "" }
    let rows = judgement.ranges.map { range in
      [range.key, range.values.map { "\(SweepGrid.text($0.value)) (\($0.count))" }.joined(separator: ", ")]
    }
    return "values among the best fifth (\(judgement.topFifth.count) runs)\n"
      + Table(["key", "value (runs)"], rows).text
  }

  private static func verdict(_ journal: SweepJournal, _ judgement: SweepJudgement) -> String {
    var lines: [String] = []
    if let bar = judgement.luckBar, let best = judgement.best {
      lines.append(
        "luck bar: the best of \(bar.gamblers) gamblers with the winner's stakes and no edge brings \(Figures.text(bar.mean)) $ on average, \(BacktestText.dollars(bar.high)) $ one time in twenty; the winner \(BacktestText.dollars(best.pnl)) $"
      )
    }
    if let deflated = judgement.deflated {
      lines.append(
        "deflated Sharpe: \(Figures.text(deflated.sharpe, decimals: 3)) a market, \(Figures.text(deflated.expectedBest, decimals: 3)) expected of the best of so many without an edge; the true one lies above that with \(Figures.percent(deflated.probability)) %, if markets do not hang on each other"
      )
    }
    if judgement.walkForward.folds > 1 {
      let steps = judgement.walkForward.steps.map { "\(BacktestText.dollars($0.inFold)) (run \($0.chosen))" }
      lines.append(
        "chosen by the past, fold by fold: \(steps.joined(separator: ", ")): \(BacktestText.dollars(judgement.walkForward.pnl)) $ in all"
      )
    }
    switch judgement.verdict {
    case .incomplete:
      lines.append(
        "verdict: INCOMPLETE: \(judgement.missing) of \(judgement.runnable) combinations (\(Figures.percent(Double(judgement.missing) / Double(judgement.runnable))) %) are still to be run: put the other shards' journals together first (floor sweep merge)"
      )
    case .nothing: lines.append("nothing was traded: the grid, the limits or the data leave no room")
    case .loses: lines.append("verdict: even the best loses; there is nothing to choose")
    case .luck:
      lines.append("verdict: NOT MORE THAN LUCK: do not trade the winner, its figures are those of the best of many")
    case .survives: lines.append("verdict: survives luck bar, deflation and folds on this data; paper next")
    }
    return lines.joined(separator: "\n")
  }
}
