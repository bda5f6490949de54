/// A family of up/down contracts that follow each other without a gap: one asset, one window length. Its short name is `BTC-5m`.
public struct MarketSeries: Hashable, Sendable, CustomStringConvertible {
  /// Lower case, as in the venue's slugs: `btc`.
  public let asset: String
  public let length: Length

  /// The lengths whose slugs can be computed from the clock (protocol document, section 1.6).
  public enum Length: String, Hashable, Sendable, CaseIterable {
    case fiveMinutes = "5m"
    case fifteenMinutes = "15m"
    case fourHours = "4h"

    public var seconds: Int64 {
      switch self {
      case .fiveMinutes: 300
      case .fifteenMinutes: 900
      case .fourHours: 14_400
      }
    }
  }

  /// `nil` unless the asset is 2 to 8 lower-case letters or digits.
  public init?(asset: String, length: Length) {
    guard (2...8).contains(asset.utf8.count),
      asset.utf8.allSatisfy({ ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) })
    else { return nil }
    self.asset = asset
    self.length = length
  }

  /// Reads `BTC-5m`.
  public init?(alias: String) {
    guard let dash = alias.lastIndex(of: "-"),
      let length = Length(rawValue: String(alias[alias.index(after: dash)...])),
      alias[..<dash] == alias[..<dash].uppercased()
    else { return nil }
    self.init(asset: alias[..<dash].lowercased(), length: length)
  }

  /// Reads `btc-5m`, the form of configuration files.
  public init?(configured word: String) {
    guard let dash = word.lastIndex(of: "-") else { return nil }
    self.init(alias: word[..<dash].uppercased() + word[dash...])
  }

  /// `BTC-5m`: the operator's name for the series, and for its contract that is open now.
  public var alias: String { asset.uppercased() + "-" + length.rawValue }
  public var description: String { alias }

  /// The symbol of its reference price, `btc/usd`.
  public var symbol: String { asset + "/usd" }

  /// The start, in whole seconds, of the window that contains `time`.
  public func windowStart(containing time: MarketTime) -> Int64 {
    Int64(divide(Int128(time.seconds), by: Int128(length.seconds), rounding: .down)) * length.seconds
  }

  /// `btc-updown-5m-<start>`. `nil` unless `start` (seconds since 1970) is a window's start.
  public func slug(startingAt start: Int64) -> MarketSlug? {
    guard start >= 0, start % length.seconds == 0 else { return nil }
    return MarketSlug("\(asset)-updown-\(length.rawValue)-\(start)")
  }

  /// Takes a slug apart; `nil` when it is not the slug of a computable up/down contract, or of one from 2200 on.
  public static func contract(_ slug: MarketSlug) -> (series: MarketSeries, start: Int64)? {
    let parts = slug.text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1] == "updown", let length = Length(rawValue: String(parts[2])),
      let series = MarketSeries(asset: String(parts[0]), length: length), let start = Int64(parts[3]),
      start < 7_258_118_400,
      series.slug(startingAt: start) == slug
    else { return nil }
    return (series, start)
  }
}
