/// How much has moved toward YES and toward NO over the last short span, and over the baseline before it: what is unusual now is held
/// against what was usual until now, and does not raise its own measure.
///
/// Time is cut into bins on the grid of market time (whole multiples of `step` since 1970). The short span is the newest `short` bins, the
/// one that is going on included; the baseline the `baseline` bins before them. Exact whole numbers. Pure; constant work a bin of time
/// and an observation, no allocation after the beginning.
public struct FlowWindow: Hashable, Sendable {
  /// Both ≥ 0, at 10⁻⁶ of their unit.
  public struct Amount: Hashable, Sendable {
    public var yes: Int64
    public var no: Int64

    public static let none = Amount(yes: 0, no: 0)

    public init(yes: Int64, no: Int64) {
      self.yes = yes
      self.no = no
    }

    public var total: Int64 { yes + no }

    /// (yes − no) ÷ (yes + no): −1 … 1 at 10⁻⁶, rounded to the nearest; `nil` when nothing moved.
    public var lean: Int64? {
      total > 0 ? Int64(divide(Int128(yes - no) * 1_000_000, by: Int128(total), rounding: .nearest)) : nil
    }

    static func += (a: inout Amount, b: Amount) {
      a.yes += b.yes
      a.no += b.no
    }

    static func -= (a: inout Amount, b: Amount) {
      a.yes -= b.yes
      a.no -= b.no
    }
  }

  /// A bin takes no more a side, so that no sum over the largest window overflows.
  public static let largestBin: Int64 = 1_000_000_000_000_000
  /// Bins of the largest window.
  public static let largestCount = 4000

  public let step: Duration
  public let short: Int
  public let baseline: Int
  /// The bin with index i (market time ÷ step) lies at i modulo their number.
  private var bins: [Amount]
  private var newestBin: Int64?
  private var first: MarketTime?
  public private(set) var latest: MarketTime?
  /// Of the short span, and of the baseline.
  public private(set) var recent = Amount.none
  public private(set) var before = Amount.none

  /// - Precondition: `step` is at least a millisecond, both counts are 1 or more and together at most `largestCount`.
  public init(step: Duration, short: Int, baseline: Int) {
    precondition(step >= .milliseconds(1), "a step of a millisecond or more")
    precondition(short >= 1 && baseline >= 1 && short + baseline <= FlowWindow.largestCount, "spans of some bins")
    self.step = step
    self.short = short
    self.baseline = baseline
    bins = Array(repeating: .none, count: short + baseline)
  }

  public var needed: Duration { step * bins.count }
  /// How much of both spans is known.
  public var known: Duration {
    guard let first, let latest else { return .zero }
    return min(needed, latest.since(first))
  }
  public var isWarm: Bool { known >= needed }

  /// The baseline's mean amount in a time as long as the short span, both sides together, at 10⁻⁶; rounded down.
  public var usual: Int64 { Int64(clamping: Int128(before.total) * Int128(short) / Int128(baseline)) }

  /// Is the short span's amount at least `ratio` (10⁻⁶) times the usual? Exact.
  public func isUnusual(ratio: Int64) -> Bool {
    Int128(recent.total) * Int128(baseline) * 1_000_000 >= Int128(ratio) * Int128(before.total) * Int128(short)
  }

  /// Takes what has moved since the last observation; nothing is also an observation. An older stamp than the newest counts as the newest.
  public mutating func add(_ amount: Amount, at time: MarketTime) {
    let time = max(time, latest ?? time)
    first = first ?? time
    latest = time
    advance(to: time.nanoseconds / step.nanoseconds)
    let slot = slot(of: newestBin ?? 0)
    let old = bins[slot]
    bins[slot] = Amount(
      yes: FlowWindow.sum(old.yes, max(0, amount.yes)), no: FlowWindow.sum(old.no, max(0, amount.no)))
    recent += bins[slot]
    recent -= old
  }

  private static func sum(_ a: Int64, _ b: Int64) -> Int64 { a + min(b, largestBin - a) }

  private mutating func advance(to bin: Int64) {
    guard let newest = newestBin else {
      newestBin = bin
      return
    }
    let steps = bin - newest
    guard steps > 0 else { return }
    newestBin = bin
    guard steps < Int64(bins.count) else {
      for slot in bins.indices { bins[slot] = .none }
      (recent, before) = (.none, .none)
      return
    }
    for next in (newest + 1)...bin {
      let leaving = bins[slot(of: next - Int64(short))]
      recent -= leaving
      before += leaving
      let slot = slot(of: next)
      before -= bins[slot]
      bins[slot] = .none
    }
  }

  private func slot(of bin: Int64) -> Int {
    let rest = Int(bin % Int64(bins.count))
    return rest < 0 ? rest + bins.count : rest
  }

  // MARK: Checkpoint

  /// Bins oldest first, both sides of each.
  public var checkpoint: JSON {
    let newest = newestBin ?? 0
    let indices = (newest - Int64(bins.count) + 1)...newest
    return [
      "step_ns": .int(step.nanoseconds), "short": .int(short), "baseline": .int(baseline),
      "first_ns": .optional(first.map { .int($0.nanoseconds) }),
      "latest_ns": .optional(latest.map { .int($0.nanoseconds) }),
      "bins": .array(indices.flatMap { [.int(bins[slot(of: $0)].yes), .int(bins[slot(of: $0)].no)] }),
    ]
  }

  /// Takes the state of a checkpoint; `false` (and nothing changed) when it is damaged, or of other spans.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    var new = FlowWindow(step: step, short: short, baseline: baseline)
    guard checkpoint["step_ns"]?.int == step.nanoseconds, checkpoint["short"]?.int == Int64(short),
      checkpoint["baseline"]?.int == Int64(baseline), let numbers = checkpoint["bins"]?.array?.map(\.int),
      numbers.count == 2 * bins.count,
      numbers.allSatisfy({ $0.map { (0...FlowWindow.largestBin).contains($0) } ?? false })
    else { return false }
    guard let first = checkpoint["first_ns"]?.int, let latest = checkpoint["latest_ns"]?.int else {
      guard checkpoint["first_ns"] == .null, checkpoint["latest_ns"] == .null else { return false }
      self = new
      return true
    }
    guard first <= latest else { return false }
    new.first = MarketTime(nanoseconds: first)
    new.latest = MarketTime(nanoseconds: latest)
    let newest = latest / step.nanoseconds
    new.newestBin = newest
    for place in 0..<bins.count {
      let amount = Amount(yes: numbers[2 * place] ?? 0, no: numbers[2 * place + 1] ?? 0)
      new.bins[slot(of: newest - Int64(bins.count - 1 - place))] = amount
      if place < baseline { new.before += amount } else { new.recent += amount }
    }
    self = new
    return true
  }
}
