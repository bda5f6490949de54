import Shared

/// What a backtest assumes where the recording is silent. Every assumption stands in the report.
public struct BacktestSettings: Hashable, Sendable {
  /// Money at the start, and the base of every percentage.
  public var capital = USD(dollars: 1000)
  /// Each agent's share of it.
  public var allocation = USD(dollars: 100)
  public var limits = RiskLimits()
  /// How long a streak of losses keeps an agent out, in market time.
  public var streakPause: Duration = .seconds(3600)
  /// From the decision to the venue's book: the gateway, the commit and the wire.
  public var latencyOut: Duration = .milliseconds(50)
  /// From the venue's book to the agent.
  public var latencyBack: Duration = .milliseconds(50)
  /// Time between two beats of an agent; on the wall of a floor it is as much.
  public var beat: Duration = .milliseconds(100)
  public var terms = TapeTerms()
  /// Keep every decision and every fill, to compare them one by one.
  public var keepsDecisions = false
  /// Keep the best prices of the busiest markets, for the page.
  public var keepsPaths = false

  public init() {}
}

/// What a recording does not tell of its markets.
public struct TapeTerms: Hashable, Sendable {
  /// Until a book names another.
  public var tick = PriceTick.cent
  /// Of orders that rest.
  public var minimumSize = Shares(whole: 5)
  public var fee = TakerFee(rateMicros: 70_000, exponent: 1)!
  /// Look-back of the mean that settles windows; `nil` for single observations (before August 2026).
  public var settlementTWAP: Int? = 60
  /// Without a word for so long, a book is old.
  public var staleAfter: Duration = .seconds(15)
  /// Shares that stand at a best price where only best prices were recorded; `nil`: such markets have no book.
  public var quoteSize: Shares?
  /// Results from elsewhere: dollars per YES share. They count more than anything inferred.
  public var results: [MarketSlug: Price] = [:]
  /// How long the venue's own word on a window is waited for after its end, before another source decides. It comes within 53 to 90 s
  /// (protocol document, section 1.6).
  public var settleAfter: Duration = .seconds(120)

  public init() {}
}
