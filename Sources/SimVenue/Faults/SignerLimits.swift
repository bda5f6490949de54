import Shared

/// The token buckets of each signer, one for orders and one for cancels (protocol document, section 2.16; the venue's page on trading rate
/// limits says what a request costs and which tiers may owe). A request that is too much is refused as a whole; while the limits only warn,
/// as the venue's did at first, it passes and the answer says so.
struct SignerLimits: Sendable {
  /// Orders a second; the burst is half as much again, cancels have twice of both.
  enum Tier: String, Hashable, Sendable, CaseIterable {
    case standard, copper, bronze, silver, gold, platinum, diamond, elite

    var rate: Int64 {
      switch self {
      case .standard: 40
      case .copper: 60
      case .bronze: 80
      case .silver: 200
      case .gold: 400
      case .platinum: 450
      case .diamond: 525
      case .elite: 600
      }
    }

    /// One token lets a cancel of many orders pass; what it costs more is owed.
    var mayOwe: Bool { rate <= 400 }
  }

  enum Bucket: Hashable, Sendable { case orders, cancels }

  /// What one request takes.
  struct Cost: Hashable, Sendable {
    var bucket: Bucket
    var tokens: Int64
  }

  /// What the headers of an answer say.
  struct Standing: Hashable, Sendable {
    var remaining: Int64
    /// Seconds since 1970.
    var reset: Int64
    /// As the venue calls it.
    var tier: String
    var isWarning: Bool

    var headers: [(name: String, value: String)] {
      var headers = [
        (name: "Poly-RateLimit-Remaining", value: String(remaining)), ("Poly-RateLimit-Reset", String(reset)),
        ("Poly-RateLimit-Tier", tier),
      ]
      if isWarning { headers.append(("Poly-RateLimit-Warning", "true")) }
      return headers
    }
  }

  private struct Level: Sendable {
    /// In hundred-millionths of a token: a per cent of a token a second is one of them in a microsecond.
    var parts: Int64
    var at: WallTime
  }

  private struct Place: Hashable, Sendable {
    var signer: String
    var bucket: Bucket
  }

  private static let token: Int64 = 100_000_000

  private(set) var tier = Tier.standard
  /// What the headers call the tier, when it is another word.
  private(set) var word: String?
  /// Nothing is refused, and what would have been is said.
  private(set) var onlyWarns = false
  private(set) var refused: Int64 = 0
  private(set) var warned: Int64 = 0
  private var levels: [Place: Level] = [:]

  init() {}

  /// `{"tier": …, "called": …, "warns": …}`: by default the lowest tier by its name, and limits that refuse. All buckets are full.
  init(_ value: WireValue) throws(FaultProblem) {
    if value["tier"] != nil { tier = try FaultProblem.word(value, "tier") }
    if let item = value["called"] {
      guard let text = item.asText, (1...40).contains(text.utf8.count),
        text.utf8.allSatisfy({ (33...126).contains($0) })
      else { throw FaultProblem("called is a word of 1 to 40 ASCII letters") }
      word = text
    }
    if let item = value["warns"] {
      guard let flag = item.asFlag else { throw FaultProblem("warns is true or false") }
      onlyWarns = flag
    }
  }

  /// Counts a request.
  /// - Parameters:
  ///   - percent: how much of the tier there is.
  ///   - shown: the clock that the venue tells, for the headers.
  /// - Returns: what the answer's headers say, and the refusal when it is one too many.
  mutating func take(
    _ cost: Cost, of signer: String, percent: Int64, at wall: WallTime, shown: WallTime
  ) -> (standing: Standing, refusal: Answer?) {
    // Per cent of a token a second, and so parts in a microsecond.
    let rate = tier.rate * (cost.bucket == .cancels ? 2 : 1) * percent
    let capacity = max(1, rate * 3 / 2 / 100) * Self.token
    let place = Place(signer: signer, bucket: cost.bucket)
    var level = levels[place] ?? Level(parts: capacity, at: wall)
    // Eleven days at most: nobody owes more.
    let passed = min(max(0, wall.since(level.at).nanoseconds / 1000), 1_000_000_000_000)
    level = Level(
      parts: min(capacity, level.parts + passed * rate), at: level.at.advanced(by: .nanoseconds(passed * 1000)))
    let price = cost.tokens * Self.token
    let need = cost.bucket == .cancels && tier.mayOwe ? min(price, Self.token) : price
    let fits = level.parts >= need
    if fits { level.parts -= price }
    levels[place] = level
    func microseconds(until parts: Int64) -> Int64 {
      (max(0, min(parts, capacity) - level.parts) + rate - 1) / rate
    }
    let wait = microseconds(until: Self.token)
    let end = shown.advanced(by: .microseconds(wait))
    let standing = Standing(
      remaining: Int64(divide(Int128(level.parts), by: Int128(Self.token), rounding: .down)),
      reset: wait == 0 || end.nanoseconds % 1_000_000_000 == 0 ? end.seconds : end.seconds + 1,
      tier: word ?? tier.rawValue,
      isWarning: onlyWarns && !fits)
    if fits { return (standing, nil) }
    if onlyWarns {
      warned += 1
      return (standing, nil)
    }
    refused += 1
    var answer = Answer.refused(429, "Too Many Requests")
    answer.retryAfter = max(1, (microseconds(until: need) + 999_999) / 1_000_000)
    return (standing, answer)
  }
}
