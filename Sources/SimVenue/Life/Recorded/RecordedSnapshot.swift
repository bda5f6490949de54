import Shared

/// One recorded `book` message, found in its line by hand: a replay at a hundred times the speed reads thousands of these a second.
struct RecordedSnapshot: Hashable, Sendable {
  var asset: String
  var condition: String
  /// The venue's own stamp.
  var at: MarketTime
  /// Levels of the recorded token, in their recorded order.
  var book: VenueState.StreetBook

  /// `nil` when the line has not the shape `{…,"raw":{"market","asset_id","timestamp","bids","asks"}}`.
  init?(line: [UInt8]) {
    guard let raw = Self.find("\"raw\"", in: line, from: 0),
      let market = Self.text("\"market\"", in: line, from: raw),
      let asset = Self.text("\"asset_id\"", in: line, from: raw),
      let stamp = Self.text("\"timestamp\"", in: line, from: raw),
      let at = Int64(stamp).flatMap(MarketTime.init(venueMilliseconds:)),
      let bids = Self.levels("\"bids\"", in: line, from: raw), let asks = Self.levels("\"asks\"", in: line, from: raw)
    else { return nil }
    condition = market
    self.asset = asset
    self.at = at
    book = VenueState.StreetBook(bids: bids, asks: asks)
  }

  /// The same liquidity as the other token's.
  static func mirrored(_ book: VenueState.StreetBook) -> VenueState.StreetBook {
    func turned(_ levels: [VenueState.StreetBook.Level]) -> [VenueState.StreetBook.Level] {
      levels.map { .init(price: $0.price.complement, size: $0.size) }
    }
    return VenueState.StreetBook(bids: turned(book.asks), asks: turned(book.bids))
  }

  /// Index behind the first occurrence.
  private static func find(_ pattern: StaticString, in line: [UInt8], from start: Int) -> Int? {
    let wanted = pattern.withUTF8Buffer { unsafe Array($0) }
    guard line.count >= wanted.count else { return nil }
    var at = start
    let last = line.count - wanted.count
    while at <= last {
      // Names start with a quote and a letter: two bytes tell most places apart.
      if line[at] == wanted[0], line[at + 1] == wanted[1] {
        var index = 2
        while index < wanted.count, line[at + index] == wanted[index] { index += 1 }
        if index == wanted.count { return at + wanted.count }
      }
      at += 1
    }
    return nil
  }

  private static func text(_ name: StaticString, in line: [UInt8], from start: Int) -> String? {
    guard var at = find(name, in: line, from: start), let value = quoted(line, &at) else { return nil }
    return String(decoding: line[value], as: UTF8.self)
  }

  /// The next quoted text at or behind `at`, which moves behind it; `nil` at a closing bracket or the end.
  private static func quoted(_ line: [UInt8], _ at: inout Int) -> Range<Int>? {
    while at < line.count, line[at] != 0x22 {
      if line[at] == UInt8(ascii: "]") { return nil }
      at += 1
    }
    let start = at + 1
    var end = start
    while end < line.count, line[end] != 0x22 { end += 1 }
    guard end < line.count else { return nil }
    at = end + 1
    return start..<end
  }

  private static func levels(
    _ name: StaticString, in line: [UInt8], from start: Int
  ) -> [VenueState.StreetBook.Level]? {
    guard var at = find(name, in: line, from: start) else { return nil }
    var levels: [VenueState.StreetBook.Level] = []
    while let first = quoted(line, &at) {
      guard let firstValue = quoted(line, &at), let second = quoted(line, &at), let secondValue = quoted(line, &at)
      else {
        return nil
      }
      let priceFirst = line[first.lowerBound] == UInt8(ascii: "p")
      guard line[second.lowerBound] == (priceFirst ? UInt8(ascii: "s") : UInt8(ascii: "p")),
        let price = micros(line, priceFirst ? firstValue : secondValue).flatMap(Price.init(micros:)),
        let size = micros(line, priceFirst ? secondValue : firstValue)
      else { return nil }
      levels.append(.init(price: price, size: Shares(micros: size)))
    }
    return levels
  }

  /// A plain decimal at 10⁻⁶; decimals beyond the sixth are dropped.
  private static func micros(_ line: [UInt8], _ range: Range<Int>) -> Int64? {
    var value: Int64 = 0
    var decimals = -1
    for index in range {
      let byte = line[index]
      if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
      } else if (48...57).contains(byte) {
        if decimals == 6 { continue }
        guard value < 1_000_000_000_000 else { return nil }
        value = value * 10 + Int64(byte - 48)
        if decimals >= 0 { decimals += 1 }
      } else {
        return nil
      }
    }
    for _ in max(decimals, 0)..<6 { value *= 10 }
    return range.isEmpty ? nil : value
  }
}
