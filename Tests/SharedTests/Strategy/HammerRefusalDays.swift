import Shared
import Testing

/// A made-up window on which the hammer must refuse for one reason.
struct HammerRefusalDays: Sendable, CustomTestStringConvertible {
  let reason: RefusalReason
  var parameters: JSON = .object([])
  /// Nothing else comes before it.
  var isOnly = true
  let change: @Sendable (inout HammerDay) -> Void

  init(
    _ reason: RefusalReason, _ parameters: JSON = .object([]), isOnly: Bool = true,
    _ change: @escaping @Sendable (inout HammerDay) -> Void = { _ in }
  ) {
    self.reason = reason
    self.parameters = parameters
    self.isOnly = isOnly
    self.change = change
  }

  var testDescription: String { reason.rawValue }

  var day: HammerDay {
    var day = HammerDay()
    change(&day)
    return day
  }

  static let all: [HammerRefusalDays] = [
    .init(.settlementUnknown) { $0.settlement = nil },
    .init(.settlementUnknown) { $0.settlement = Market.Settlement(symbol: "btc/usd", twapSeconds: 45) },
    .init(.settlementUnknown) { $0.settlement = Market.Settlement(symbol: "eth/usd", twapSeconds: 60) },
    .init(.strikeMissing) { $0.hasMean = { !(0...4).contains($0) } },
    .init(.strikeMissing) { $0.hasMean = { $0 > 1 } },
    .init(.feeUnknown) { $0.fee = .none },
    .init(.notAcceptingOrders) { $0.state = .pending },
    .init(.outsideWindow, ["entry_cutoff_ms": 20_000, "hammer_s": 30, "ev_min_points": "0.2"], isOnly: false),
    .init(.feedStale) {
      $0.hasCanonical = { $0 < 240 }
      $0.hasExchange = { $0 < 240 }
    },
    .init(.feedStale, ["fallback_enabled": false]) { $0.hasCanonical = { $0 < 240 } },
    .init(.fallbackActive) { $0.hasCanonical = { $0 < 240 } },
    .init(.gapInAverage) { $0.hasCanonical = { !(245...251).contains($0) } },
    .init(.gapInAverage) { $0.hasCanonical = { $0 < 240 || $0 % 3 != 0 } },
    .init(.sigmaNotReady) { $0.hasCanonical = { $0 >= 180 } },
    .init(.shock) {
      $0.jump = (at: 267, dollars: 300)
      $0.ask = { $0 < 271 ? 91 : 99 }  // soon the volatility knows of it
    },
    .init(.hintMissing) { $0.hasExchange = { _ in false } },
    .init(.bookStale) { $0.state = .stale },
    .init(.bookStale) { $0.bookAge = 1.2 },
    .init(.bookMoved) {
      $0.bid = { $0 < 269 ? 70 : 90 }
      $0.ask = { $0 < 269 ? 71 : $0 < 271 ? 91 : 99 }
    },
    .init(.distanceBelowMin) { $0.slope = 0 },
    .init(.distanceBelowMin, ["d_min_usd": "500"]),
    .init(.distanceBelowMin, ["d_min_bps": "50"]),
    .init(.zBelowMin, ["z_min_sigma": "20", "volatility_half_life_s": 10]) {
      $0.slope = 0.1
      $0.noise = 4
    },
    .init(.recipeDrift, ["end_lag_s": 8]),
    .init(.watchNotArmed, ["watch_required": true]),
    .init(.sidesDisagree) {
      $0.bid = { _ in 30 }
      $0.ask = { _ in 31 }
    },
    .init(.noAsk) { $0.ask = { _ in nil } },
    .init(.aboveMaxEntry) { $0.ask = { _ in 98 } },
    .init(.evTooGood) {
      $0.bid = { _ in 70 }
      $0.ask = { _ in 71 }
    },
    .init(.evBelowMin, ["ev_min_points": "0.1"]),
    .init(.kellyZero, ["calibration_count": 1]),
    .init(.belowVenueMinimum, ["bankroll_usd": "60"]),
    .init(.depth) { $0.size = 3 },
  ]
}
