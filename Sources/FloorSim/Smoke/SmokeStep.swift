import Shared

/// What has to work before the floor can trade, in the order in which one thing needs the other. The raw values are what `step=` says.
public enum SmokeStep: String, Hashable, Sendable, CaseIterable {
  /// The venue's market clock was read; the live venue's is the wall.
  case clock
  /// The series' open window is listed, and whether the next one is was answered.
  case gamma
  /// The canonical price and the price that settles the window are told, and fresh.
  case rtds
  /// Both sides of the open window's book have come over the market socket, and nothing contradicts them.
  case book
  /// The hammer's expected value of one side was computed from book and prices.
  case candidate
  /// A fill-or-kill buy on paper was answered by the rules of the book as it was read over REST.
  case order = "paper_order"

  /// Longest wait on the wall, from when the step begins; the order's from when its book was first asked for.
  public var limit: Duration {
    switch self {
    case .clock: .seconds(10)
    case .gamma: .seconds(15)
    case .rtds, .book, .order: .seconds(20)
    // A window that is as good as decided has nobody who sells the favourite; the next one has.
    case .candidate: .seconds(120)
    }
  }

  /// What to do about it, for the operator.
  var remedy: String {
    switch self {
    case .clock: "start the simulated venue, or name another with --base URL or --venue polymarket"
    case .gamma:
      "look whether the venue is up and lists this series (--series); a new window's listing may be minutes late"
    case .rtds: "look whether the price stream is reachable and alive; nothing may trade without it"
    case .book: "look whether the market socket is reachable and the window has a book; near a close, run it again"
    case .candidate: "run it again when the window is younger: near its close the favourite often has no seller"
    case .order: "look whether the order book service is reachable; what was asked and refused stands here"
    }
  }
}

/// Why a question has no usable answer, in words.
public struct SmokeTrouble: Error, Hashable, Sendable {
  public let why: String
  public init(_ why: String) { self.why = why }
}

/// How a run ended.
public enum SmokeVerdict: Hashable, Sendable {
  case go
  case noGo(SmokeStep, asked: String, came: String)
  /// The operator ended it.
  case interrupted

  public var word: String {
    switch self {
    case .go: "go"
    case .noGo: "no-go"
    case .interrupted: "interrupted"
    }
  }
}
