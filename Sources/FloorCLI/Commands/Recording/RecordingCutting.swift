import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// `floor recording cut`.
enum RecordingCutting {
  static func run(_ paths: [String], _ line: CommandLineWords) throws -> ExitCode {
    let from = try RecordingCommand.time(line, "from")
    let to = try RecordingCommand.time(line, "to")
    if let from, let to, to <= from { throw FloorFailure(.usage, "--to is not after --from") }
    var markets: Set<MarketSlug> = []
    for text in line.every("market") {
      guard let slug = MarketSlug(text) else { throw FloorFailure(.usage, "--market \(text): no name of a market") }
      markets.insert(slug)
    }
    // All must be there before anything is written.
    let files = try paths.map(RecordingCommand.open)
    let writer = try RecordingCommand.out(line)
    var cut = RecordingCut(from: from, to: to, markets: markets)
    var kept = 0
    do {
      for file in files {
        while let frame = try file.next() {
          for part in cut.take(frame) {
            try writer.append(part)
            kept += 1
          }
        }
        if let damage = file.reading.lastDamage { Terminal.complain("\(file.path): damaged, left out: \(damage)") }
      }
      guard kept > 0 || !cut.markets.isEmpty else {
        throw FloorFailure(.refused, "nothing was recorded then: see floor recording inspect for the times")
      }
      if let strange = cut.missing.min() { throw refusal(strange, known: cut.markets.sorted()) }
      try writer.close()
    } catch {
      _ = unsafe unlink(writer.path)
      throw error
    }
    print("\(writer.path): \(kept) lines")
    return .done
  }

  private static func refusal(_ strange: MarketSlug, known: [MarketSlug]) -> FloorFailure {
    let told = known.prefix(20).map(\.text).joined(separator: ", ")
    let rest = known.count > 20 ? " and \(known.count - 20) more, see floor recording inspect" : ""
    return FloorFailure(
      .usage,
      "--market \(strange): not followed then; \(known.isEmpty ? "no market was" : "give one of \(told)\(rest)")")
  }
}
