import Shared

/// What the floor was worth over time: every change for the figures, at most `mostPoints` of them for the picture.
public struct EquityCurve: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    public let at: MarketTime
    public let worth: USD
  }

  public static let mostPoints = 2000

  public let start: USD
  public private(set) var points: [Point] = []
  public private(set) var last: USD
  public private(set) var peak: USD
  /// Largest fall from an earlier peak, ≥ 0, and that peak.
  public private(set) var maxDrawdown = USD.zero
  public private(set) var drawdownPeak: USD
  private var skipped = 0
  private var stride = 1

  init(start: USD) {
    self.start = start
    last = start
    peak = start
    drawdownPeak = start
  }

  mutating func note(_ worth: USD, at time: MarketTime) {
    peak = max(peak, worth)
    if peak - worth > maxDrawdown {
      maxDrawdown = peak - worth
      drawdownPeak = peak
    }
    if worth == last, !points.isEmpty { return }
    last = worth
    skipped += 1
    guard skipped >= stride else { return }
    skipped = 0
    points.append(Point(at: time, worth: worth))
    if points.count >= EquityCurve.mostPoints {
      points = points.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      stride *= 2
    }
  }
}
