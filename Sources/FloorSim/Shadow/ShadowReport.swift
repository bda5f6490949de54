import Shared

/// What paper predicted beside what the venue did, for each strategy and for all, taking and resting orders apart.
public struct ShadowReport: Hashable, Sendable {
  /// Why an order is not compared.
  public enum Omission: String, Hashable, Sendable, CaseIterable {
    case neverArrived = "never_at_the_venue"
    case beforeTheRecording = "before_the_recording"
    case afterTheRecording = "after_the_recording"
    /// The feed had none, or an old one.
    case noBook = "no_book"
  }

  /// What paper made of one order.
  public struct Paper: Hashable, Sendable {
    public var fills: [ShadowOrder.Fill] = []
    public var refusal: RejectCode?
    public init() {}
  }

  public enum Outcome: Hashable, Sendable {
    case compared(Paper)
    case leftOut(Omission)

    mutating func add(_ fill: ShadowOrder.Fill) { change { $0.fills.append(fill) } }
    mutating func refuse(_ code: RejectCode) { change { $0.refusal = code } }

    private mutating func change(_ edit: (inout Paper) -> Void) {
      guard case .compared(var paper) = self else { return }
      edit(&paper)
      self = .compared(paper)
    }
  }

  /// One order, on both sides.
  public struct Line: Hashable, Sendable {
    public let order: ShadowOrder
    public let outcome: Outcome
    /// What the venue did within the recording.
    public let venue: [ShadowOrder.Fill]

    init(order: ShadowOrder, outcome: Outcome, until end: WallTime) {
      self.order = order
      self.outcome = outcome
      venue = order.fills.filter { $0.at <= end }
    }
  }

  public let lines: [Line]
  public let groups: [ShadowGroup]
  public let leftOut: [Omission: Int]
  public let compared: Int
  /// What paper was given, and from the record to the venue's first word, as far as there is one.
  public let latency: Duration
  public let answers: [Duration]

  init(_ lines: [Line], latency: Duration, values: [TokenID: Price]) {
    self.lines = lines
    self.latency = latency
    var leftOut: [Omission: Int] = [:]
    var pairs: [(order: ShadowOrder, venue: [ShadowOrder.Fill], paper: [ShadowOrder.Fill])] = []
    for line in lines {
      switch line.outcome {
      case .leftOut(let why): leftOut[why, default: 0] += 1
      case .compared(let paper): pairs.append((line.order, line.venue, paper.fills))
      }
    }
    self.leftOut = leftOut
    compared = pairs.count
    answers = ShadowReport.answers(lines.map(\.order))
    var groups: [ShadowGroup] = []
    for strategy in Set(pairs.map(\.order.strategy)).sorted().map(Optional.some) + [nil] {
      for kind in ShadowGroup.Kind.allCases {
        let some = pairs.filter { pair in
          (strategy.map { $0 == pair.order.strategy } ?? true) && kind.includes(pair.order.type)
        }
        guard !some.isEmpty || (strategy == nil && kind == .all) else { continue }
        var group = ShadowGroup(strategy: strategy, kind: kind)
        for pair in some { group.add(pair.order, venue: pair.venue, paper: pair.paper) }
        group.value(values)
        groups.append(group)
      }
    }
    self.groups = groups
  }

  /// From the record to the venue's first word, the shortest first.
  public static func answers(_ orders: [ShadowOrder]) -> [Duration] {
    orders.compactMap { order in order.heardAt.map { max(.zero, $0.since(order.sentAt)) } }.sorted()
  }

  /// The value that so many of a hundred do not exceed; `nil` of nothing.
  public static func percentile(_ sorted: [Duration], _ percent: Int) -> Duration? {
    guard !sorted.isEmpty else { return nil }
    return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
  }
}
