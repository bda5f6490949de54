import FloorIOData
import FloorIOVenue
import Shared

/// `floor recording inspect`.
enum RecordingInspection {
  static func run(_ paths: [String], _ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    var summary = RecordingSummary(gapAfter: try RecordingCommand.gap(line), readsEvents: true)
    var notes: [String] = []
    for path in paths {
      let file = try RecordingCommand.open(path)
      while let frame = try file.next() { summary.take(frame) }
      if let damage = file.reading.lastDamage { notes.append("\(path): damaged, \(damage)") }
      if !file.reading.isEnded { notes.append("\(path): not ended (its writer was killed, or still writes)") }
    }
    if instance.isJSON {
      print(json(summary, notes).text)
    } else {
      tell(summary, notes)
    }
    return .done
  }

  private static func rate(_ stream: RecordingSummary.Stream) -> Double {
    let seconds = Double(stream.last.since(stream.first).milliseconds) / 1000
    return seconds > 0 ? Double(stream.frames) / seconds : 0
  }

  private static func tell(_ summary: RecordingSummary, _ notes: [String]) {
    let streams = summary.streams.sorted { $0.key < $1.key }
    print(
      Table(
        ["stream", "frames", "bytes", "first", "span", "frames/s", "gaps"],
        streams.map { name, stream in
          [
            name, String(stream.frames), String(stream.bytes), stream.first.description,
            RecordingCommand.seconds(stream.last.since(stream.first)),
            Decimal6.text(Int64(rate(stream) * 10) * 100_000), String(stream.gaps.count),
          ]
        }
      ).text)
    print("")
    print(
      Table(
        ["stream", "event", "count"],
        streams.flatMap { name, stream in
          stream.events.sorted { $0.key < $1.key }.map { [name, $0.key, String($0.value)] }
        }
      ).text)
    print("")
    print(Table(["market", "condition"], summary.markets.map { [$0.slug.text, $0.condition.text] }).text)
    print("")
    if let first = summary.firstStamp, let last = summary.lastStamp { print("the venue's stamps: \(first) to \(last)") }
    if let clock = summary.clock {
      print("market clock: \(Decimal6.text(clock.rateMilli * 1000)) market seconds a second")
    } else {
      print("market clock: not noted, taken as the live venue's")
    }
    for (name, stream) in streams where name != FeedMark.stream {
      for gap in stream.gaps {
        print("gap: \(name) silent for \(RecordingCommand.seconds(gap.length)) from \(gap.from)")
      }
    }
    for note in notes { print(note) }
  }

  private static func json(_ summary: RecordingSummary, _ notes: [String]) -> JSON {
    let streams = summary.streams.sorted { $0.key < $1.key }.map { name, stream -> JSON in
      [
        "stream": .string(name), "frames": .int(stream.frames), "bytes": .int(stream.bytes),
        "first": .text(stream.first), "last": .text(stream.last), "frames_per_s": .double(rate(stream)),
        "events": .object(stream.events.sorted { $0.key < $1.key }.map { .init($0.key, .int($0.value)) }),
        "gaps": .array(stream.gaps.map { ["from": .text($0.from), "to": .text($0.to)] }),
      ]
    }
    let markets = summary.markets.map { market -> JSON in
      [
        "market": .text(market.slug), "condition": .text(market.condition), "yes": .text(market.yes),
        "no": .text(market.no),
      ]
    }
    return [
      "streams": .array(streams), "markets": .array(markets),
      "first_stamp": .optional(summary.firstStamp.map { .text($0) }),
      "last_stamp": .optional(summary.lastStamp.map { .text($0) }),
      "rate_milli": .optional(summary.clock.map { .int($0.rateMilli) }), "notes": .array(notes.map { .string($0) }),
    ]
  }
}
