/// A reference price (dollars per coin) at 10⁻¹⁸, exactly as the oracle reports it: up or down is decided by comparing two of these,
/// and they are seldom further apart than the digits that 10⁻⁶ would cut.
public struct ReferenceValue: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let attos: Int128

  public init(attos: Int128) { self.attos = attos }

  /// Reads decimal text; digits after the eighteenth are dropped. `nil` for anything else, exponents and negative prices included.
  public init?(parsing text: some StringProtocol) {
    var value: Int128 = 0
    var decimals = -1
    var digits = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
      } else if byte >= 48, byte <= 57 {
        digits += 1
        if decimals == 18 { continue }
        if decimals >= 0 { decimals += 1 }
        // 10¹⁹ dollars, the largest that leaves room for eighteen decimals, is far beyond any price.
        guard value < 10_000_000_000_000_000_000_000_000_000_000_000_000 else { return nil }
        value = value * 10 + Int128(byte - 48)
      } else {
        return nil
      }
    }
    guard digits > 0 else { return nil }
    for _ in max(decimals, 0)..<18 {
      guard value < 10_000_000_000_000_000_000_000_000_000_000_000_000 else { return nil }
      value *= 10
    }
    attos = value
  }

  /// Nearest 10⁻⁶ dollars: for indicators and display. `nil` when it does not fit.
  public var micros: Int64? { Int64(exactly: divide(attos, by: 1_000_000_000_000, rounding: .nearest)) }

  public static func < (a: ReferenceValue, b: ReferenceValue) -> Bool { a.attos < b.attos }

  /// Shortest exact decimal text.
  public var description: String {
    let whole = attos / 1_000_000_000_000_000_000
    var fraction = String(attos % 1_000_000_000_000_000_000)
    fraction = String(repeating: "0", count: 18 - fraction.utf8.count) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
  }
}

/// One observation of a reference price (protocol document, section 5.1).
public struct ReferenceTick: Hashable, Sendable {
  /// Which series: a market names in its configuration the one that settles it.
  public enum Series: Hashable, Sendable {
    /// The exchange spot price (`crypto_prices`, symbol `btcusdt`).
    case exchangeSpot
    /// The oracle's spot price (`crypto_prices_chainlink`, symbol `btc/usd`).
    case oracleSpot
    /// The oracle's time-weighted average over that many seconds (`crypto_prices_twap_sixty`).
    case oracleTWAP(seconds: Int)
    /// The spot price of PolyBolt's usual source, Pyth (`price.crypto`).
    case publisherSpot
  }
  public let series: Series
  /// As the venue writes it, `btc/usd`.
  public let symbol: String
  /// When the oracle observed it.
  public let observedAt: MarketTime
  public let value: ReferenceValue

  public init(series: Series, symbol: String, observedAt: MarketTime, value: ReferenceValue) {
    self.series = series
    self.symbol = symbol
    self.observedAt = observedAt
    self.value = value
  }
}

extension ReferenceTick {
  /// `btc/usd` in every series: the exchange writes `btcusdt`, the oracle `btc/usd`.
  public var plainSymbol: String {
    let name = symbol.lowercased()
    return name.hasSuffix("usdt") && !name.contains("/") ? name.dropLast(4) + "/usd" : name
  }
}

extension StreamFrame<ReferenceTick> {
  /// Reads one text frame of the reference price stream. A first dump of several observations becomes as many ticks.
  public init(reference bytes: [UInt8]) {
    self.init()
    let frame = StreamFrame<[ReferenceTick]>(bytes) { json in
      guard let topic = json["topic"]?.string else { return .nothing }
      let series: ReferenceTick.Series
      switch topic {
      case "crypto_prices": series = .exchangeSpot
      case "crypto_prices_chainlink": series = .oracleSpot
      case "crypto_prices_twap_thirty": series = .oracleTWAP(seconds: 30)
      case "crypto_prices_twap_sixty": series = .oracleTWAP(seconds: 60)
      default: return .unknown(topic)
      }
      guard let payload = json["payload"], let symbol = payload["symbol"]?.string else { return .malformed }
      var ticks: [ReferenceTick] = []
      for item in payload["data"]?.array ?? [payload] {
        guard let time = item["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:)),
          let value = ReferenceValue(rtds: item)
        else { return .malformed }
        ticks.append(
          ReferenceTick(
            series: series, symbol: symbol, observedAt: time, value: value))
      }
      return .event(ticks)
    }
    events = frame.events.flatMap { $0 }
    isPong = frame.isPong
    strangers = frame.strangers
    malformed = frame.malformed
  }
}

extension ReferenceValue {
  /// `full_accuracy_value` is the exact price: an integer at 10⁻¹⁸ on the averaged series, decimal text on others. Which of the two an
  /// integer means is told by the rounded number beside it. Without it the rounded number is all there is.
  fileprivate init?(rtds item: JSON) {
    let rounded = item["value"]?.decimalText.flatMap { ReferenceValue(parsing: $0) }
    guard let text = item["full_accuracy_value"]?.decimalText else {
      guard let rounded else { return nil }
      self = rounded
      return
    }
    if let scaled = Int128(text), scaled >= 0, rounded.map({ scaled > $0.attos / 2 }) ?? true {
      self.init(attos: scaled)
    } else {
      self.init(parsing: text)
    }
  }
}
