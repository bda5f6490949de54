import Shared

/// Any bytes as JSON, as a frame of the user channel and as one of the reference prices. What was read is written and read again as
/// the same, and the two readers of JSON agree.
enum FramesTarget {
  static func take(_ bytes: [UInt8]) {
    let json: JSON?
    do { json = try JSON.parse(bytes) } catch { json = nil }
    if let json { check(json, bytes) }
    let user = StreamFrame<UserStreamEvent>(user: bytes)
    for event in user.events {
      switch event {
      case .order(_, let order): hold(!order.id.text.isEmpty, "an order without an id")
      case .trade(let trade):
        let parts = trade.parts { _ in true }
        hold(parts.count == trade.makers.count + 1, "\(parts.count) parts of \(trade.makers.count) makers and a taker")
      }
    }
    let ticks = StreamFrame<ReferenceTick>(reference: bytes)
    for tick in ticks.events {
      hold(tick.value.attos >= 0, "a negative reference price")
      hold(ReferenceValue(parsing: tick.value.description) == tick.value, "a price is not what it says: \(tick.value)")
      _ = tick.value.micros
    }
    hold(json != nil || user.malformed == 1 || user.isPong || bytes.isEmpty, "events of what is no JSON")
  }

  private static func check(_ json: JSON, _ bytes: [UInt8]) {
    let written = json.bytes
    let again: JSON?
    do { again = try JSON.parse(written) } catch { again = nil }
    hold(again == json, "written and read again it is another document")
    hold(!written.contains { $0 < 0x20 }, "a control character in what was written")
    // The puller passes over whatever the parser takes.
    var scanner = JSONScanner(bytes)
    do throws(JSONError) {
      try scanner.skipValue()
      try scanner.end()
    } catch {
      fatalError("broken: JSON for the parser, \(error) for the scanner")
    }
  }
}
