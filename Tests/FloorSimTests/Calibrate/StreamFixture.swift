import FloorSim
import Shared

/// A source's single observations made by hand: stamped with whole seconds, received a little later.
struct StreamFixture {
  /// A window's start.
  static let start: Int64 = 1_795_180_500
  static let series = MarketSeries(configured: "btc-5m")!
  private(set) var rows: [ImportedRow] = []
  /// Milliseconds from stamp to receipt.
  var delay: Int64 = 1200

  /// - Parameter second: since `start`.
  mutating func tick(
    _ second: Int64, _ value: String, _ kind: ReferenceTick.Series = .oracleSpot, delay: Int64? = nil
  ) {
    let stamp = StreamFixture.start + second
    rows.append(
      ImportedRow(
        at: WallTime(nanoseconds: stamp * 1_000_000_000 + (delay ?? self.delay) * 1_000_000),
        .price(
          ReferenceTick(
            series: kind, symbol: "btc/usd", observedAt: MarketTime(seconds: stamp),
            value: ReferenceValue(parsing: value)!))))
  }

  static func wall(_ second: Int64) -> WallTime { WallTime(nanoseconds: second * 1_000_000_000) }

  /// An exchange's price received at this second: no model looks at it.
  static func clock(_ second: Int64) -> RecordedFrame {
    var out = VenueFrames()
    let tick = ReferenceTick(
      series: .exchangeSpot, symbol: "btcusdt", observedAt: MarketTime(seconds: second),
      value: ReferenceValue(parsing: "1")!)
    return try! out.lines(for: ImportedRow(at: wall(second), .price(tick)))[0]
  }

  /// The same value on all these seconds.
  mutating func flat(_ seconds: ClosedRange<Int64>, _ value: String) {
    for second in seconds { tick(second, value) }
  }

  /// A walk of one seed, with a second in twenty left out.
  /// - Parameter seconds: since `start`.
  static func walk(_ seed: UInt64, _ seconds: ClosedRange<Int64>) -> StreamFixture {
    var random = SeededGenerator(seed: seed)
    var fixture = StreamFixture()
    var cents: Int64 = 9_000_000
    for second in seconds {
      cents += Int64(random.uniform() * 801) - 400
      let isMissing = random.uniform() < 0.05
      let delay = 900 + Int64(random.uniform() * 900)
      if !isMissing { fixture.tick(second, Decimal6.text(cents * 10_000), delay: delay) }
    }
    return fixture
  }

  var frames: [RecordedFrame] {
    var out = VenueFrames()
    return rows.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
      .flatMap { try! out.lines(for: $0.element) }
  }

  func tape(_ plan: ForecastPlan) -> ForecastTape {
    var tape = ForecastTape(plan, terms: TapeTerms())
    for frame in frames { tape.take(frame) }
    return tape
  }

  /// The series as it stands at the end.
  var values: ReferenceSeries {
    var series = ReferenceSeries()
    for row in rows {
      guard case .price(let tick) = row.fact else { continue }
      series.put(tick.value, at: tick.observedAt.seconds, received: row.at.nanoseconds)
    }
    return series
  }
}
