/// The sale of what is held in a halt that closes: bounded in time, and in tries for each position. It only says when it is over and what came
/// of it; the gateway sells. Pure: looks and a moment in, a result out.
public struct HaltClosing: Hashable, Sendable {
  public struct Settings: Hashable, Sendable {
    /// From the proof that nothing rests.
    public var within: Duration = .seconds(30)
    /// Sales of one position that were sent or refused.
    public var triesMax = 5

    public init() {}
  }

  /// Whose shares of what.
  public struct Place: Hashable, Sendable {
    public let agent: AgentName
    public let slug: MarketSlug
    public let outcome: Outcome

    public init(agent: AgentName, slug: MarketSlug, outcome: Outcome) {
      self.agent = agent
      self.slug = slug
      self.outcome = outcome
    }
  }

  /// A position that could still be sold.
  public struct Left: Hashable, Sendable {
    public let place: Place
    public let shares: Shares
    public let tries: Int
    /// Why it is not offered now.
    public let obstacle: String?

    public init(place: Place, shares: Shares, tries: Int, obstacle: String?) {
      self.place = place
      self.shares = shares
      self.tries = tries
      self.obstacle = obstacle
    }
  }

  /// One look at all positions.
  public struct Look: Hashable, Sendable {
    public let left: [Left]
    /// They were read after everything that has been recorded.
    public let isFresh: Bool
    /// No order of ours is open, and nothing waits for the record.
    public let isQuiet: Bool
    /// Why nothing may be sold at all.
    public let ban: String?

    public init(left: [Left], isFresh: Bool, isQuiet: Bool, ban: String?) {
      self.left = left
      self.isFresh = isFresh
      self.isQuiet = isQuiet
      self.ban = ban
    }
  }

  public struct Result: Hashable, Sendable {
    /// Positions that are not held any more, and dollars got for all that was sold, less the fees.
    public let sold: Int
    public let proceeds: USD
    /// What is left, each with the reason.
    public let left: [String]
  }

  public let settings: Settings
  public let began: MonotonicTime
  private var found: Set<Place> = []
  private var proceeds = USD.zero
  /// The last word on a sale that did not sell all.
  private var words: [Place: String] = [:]
  public private(set) var result: Result?

  public init(settings: Settings = Settings(), began: MonotonicTime) {
    self.settings = settings
    self.began = began
  }

  /// These are to be sold.
  public mutating func find(_ places: [Place]) { found.formUnion(places) }

  public mutating func sold(for dollars: USD) { proceeds += dollars }

  public mutating func heard(_ place: Place, _ word: String) { words[place] = word }

  /// Whether it is over by now.
  public mutating func look(_ look: Look, _ now: MonotonicTime) -> Bool {
    guard result == nil else { return true }
    let isSettled = look.isFresh && look.isQuiet
    let isDone = isSettled && look.left.allSatisfy { $0.tries >= settings.triesMax }
    guard isDone || look.ban != nil || now.since(began) >= settings.within else { return false }
    let remaining = Set(look.left.map(\.place))
    result = Result(
      sold: found.subtracting(remaining).count, proceeds: proceeds,
      left: look.left.map { left in
        "\(left.shares) \(left.place.outcome.rawValue) of \(left.place.slug) (\(left.place.agent)): \(why(left, look))"
      })
    return true
  }

  private func why(_ left: Left, _ look: Look) -> String {
    if let ban = look.ban { return ban }
    let word = words[left.place].map { ", the last: " + $0 } ?? ""
    return left.obstacle ?? (left.tries == 0 ? "no time was left" : "\(left.tries) sales\(word)")
  }
}
