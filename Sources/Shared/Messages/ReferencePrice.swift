/// Which price series a reference tick belongs to.
public enum ReferenceKind: String, Hashable, Sendable, CaseIterable {
  /// Chainlink's data stream, single values.
  case chainlink
  /// Chainlink's mean over the last 30 s.
  case twap30
  /// Chainlink's mean over the last 60 s: what settles up/down markets.
  case twap60
  /// Binance spot.
  case binance
  /// Pyth's spot price, as PolyBolt tells it.
  case pyth
}

/// Channel `ref:<symbol>` and key `ref:<symbol>:<kind>`: one tick of a reference price. Written by the feed.
///
/// On the wire: `{…envelope…,"order":312,"symbol":"btc/usd","kind":"twap60","value":"91234.118200170442113024"}`. `ts_ns` is the
/// observation's time at the source.
public struct ReferencePrice: Hashable, Sendable {
  public var envelope: Envelope
  /// The feed's total order over everything it publishes.
  public var order: Int64
  /// `btc/usd`, lower case.
  public var symbol: String
  public var kind: ReferenceKind
  /// Dollars, exactly as the source gave it. On the wire a decimal string.
  public var value: ReferenceValue

  public init(envelope: Envelope, order: Int64, symbol: String, kind: ReferenceKind, value: ReferenceValue) {
    self.envelope = envelope
    self.order = order
    self.symbol = symbol
    self.kind = kind
    self.value = value
  }

  public var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256)
    out.append(UInt8(ascii: "{"))
    envelope.write(to: &out)
    out.appendASCII(",\"order\":")
    out.appendInteger(order)
    out.appendASCII(",\"symbol\":")
    JSON.writeString(symbol, to: &out)
    out.appendASCII(",\"kind\":\"")
    out.append(contentsOf: kind.rawValue.utf8)
    out.appendASCII("\",\"value\":\"")
    out.append(contentsOf: value.description.utf8)
    out.appendASCII("\"}")
    return out
  }

  public init(decoding bytes: [UInt8]) throws(MessageError) {
    var envelope = EnvelopeReader()
    var order: Int64?
    var symbol: String?
    var kind: String?
    var value: String?
    do throws(JSONError) {
      var scanner = JSONScanner(bytes)
      try scanner.enterObject()
      while let key = try scanner.nextKey() {
        switch key {
        case "order": order = try scanner.integer()
        case "symbol": symbol = try scanner.string()
        case "kind": kind = try scanner.string()
        case "value": value = try scanner.string()
        default: if try !envelope.take(key, &scanner) { try scanner.skipValue() }
        }
      }
      try scanner.end()
    } catch {
      throw .json(error)
    }
    guard let order else { throw .missing("order") }
    guard let symbol else { throw .missing("symbol") }
    guard let kind = kind.flatMap(ReferenceKind.init(rawValue:)) else { throw .invalid("kind") }
    guard let value else { throw .missing("value") }
    guard let value = ReferenceValue(parsing: value) else { throw .invalid("value") }
    self.init(envelope: try envelope.envelope(), order: order, symbol: symbol, kind: kind, value: value)
  }
}

extension ReferenceTick {
  /// The floor's name of the series; `nil` for those it has none for.
  public var kind: ReferenceKind? {
    switch series {
    case .oracleSpot: .chainlink
    case .oracleTWAP(30): .twap30
    case .oracleTWAP(60): .twap60
    case .oracleTWAP: nil
    case .exchangeSpot: .binance
    case .publisherSpot: .pyth
    }
  }
}
