/// One frame of PolyBolt, the reference prices of the second generation (protocol document, section 5.2).
public enum PolyBoltFrame: Hashable, Sendable {
  case authorized
  /// One for each item of a request.
  case subscribed(channel: String)
  case unsubscribed(channel: String)
  /// Without a channel the whole request failed. Codes: `bad_filter`, `auth_invalid`, `sub_limit`, …
  case refused(code: String, channel: String?)
  case pong
  /// Observations of one channel.
  /// - number: counts per channel and connection; a hole is a loss.
  /// - dropped: how many messages the server says it left out.
  case prices(channel: String, number: Int64, dropped: Int64, [ReferenceTick])
  /// Of a channel or an operation that this program does not know.
  case unknown(String)
  case malformed

  /// What was wrong with what came. Never fatal.
  public enum Trouble: Hashable, Sendable {
    /// Messages that the server says it left out, or whose numbers are missing.
    case missed(Int64)
    /// Of a kind this program does not know.
    case stranger(String)
    case malformed
    /// Of a request one item, by channel and code; the others stand.
    case refused(String)
  }

  public init(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes, limits: JSONLimits(bytes: 1 << 20)) else {
      self = .malformed
      return
    }
    if let op = json["op"]?.string {
      let channel = json["channel"]?.string
      switch (op, channel) {
      case ("authed", _): self = .authorized
      case ("pong", _): self = .pong
      case ("subscribed", let channel?): self = .subscribed(channel: channel)
      case ("unsubscribed", let channel?): self = .unsubscribed(channel: channel)
      case ("error", _): self = .refused(code: json["code"]?.string ?? "", channel: channel)
      case (let op, _): self = .unknown(op)
      }
      return
    }
    self = PolyBoltFrame.prices(json) ?? .malformed
  }

  /// What a number of messages can be: exact in every language that writes JSON.
  private static let counts: ClosedRange<Int64> = 0...9_007_199_254_740_992

  private static func prices(_ json: JSON) -> PolyBoltFrame? {
    guard json["v"]?.int == 1, let channel = json["channel"]?.string, let number = json["seq"]?.int,
      counts.contains(number),
      counts.contains(json["dropped"]?.int ?? 0),
      let payload = json["payload"], let name = payload["symbol"]?.string, let symbol = plain(name)
    else { return json["v"].flatMap { $0.int == 1 ? nil : .unknown("version " + $0.text) } }
    let series: ReferenceTick.Series
    switch (channel, payload["source"]?.string) {
    case ("price.crypto", "pyth"): series = .publisherSpot
    case ("price.crypto", "chainlink"): series = .oracleSpot
    case ("price.crypto.twap", "chainlink"):
      guard let seconds = payload["window_seconds"]?.int, (1...3600).contains(seconds) else { return nil }
      series = .oracleTWAP(seconds: Int(seconds))
    case (_, let source): return .unknown(channel + " of " + (source ?? "nobody"))
    }
    var ticks: [ReferenceTick] = []
    for item in payload["data"]?.array ?? [payload] {
      // The exact value is decimal text here, never scaled.
      guard let time = item["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:)),
        let value = (item["full_accuracy_value"] ?? item["value"])?.decimalText.flatMap({
          ReferenceValue(parsing: $0)
        })
      else { return nil }
      ticks.append(ReferenceTick(series: series, symbol: symbol, observedAt: time, value: value))
    }
    return .prices(channel: channel, number: number, dropped: json["dropped"]?.int ?? 0, ticks)
  }

  /// `btcusd` is `btc/usd`.
  private static func plain(_ name: String) -> String? {
    let lower = name.lowercased()
    guard lower.utf8.count > 3, lower.hasSuffix("usd") else { return nil }
    return lower.dropLast(3) + "/usd"
  }
}
