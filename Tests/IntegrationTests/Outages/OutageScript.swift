import Shared

/// What an agent wants, one after the other, without a deadline: the same list whatever is away meanwhile.
struct OutageScript {
  enum Step: Hashable {
    /// Buys or sells at once.
    case take(Side, Outcome, Shares)
    /// A buy that rests far below the book.
    case rest(Outcome, Shares)
    /// Takes out what rests.
    case cancel
  }

  let steps: [Step]
  /// Where something goes away: what takes risk out comes first then, and entries after it.
  let breaks: Int
  /// So many steps are due meanwhile.
  let meanwhile: Int

  /// Never sells what is not held, and leaves nothing at rest.
  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var held: [Outcome: Int64] = [.yes: 0, .no: 0]
    // In hundredths of a share; what is sold is a dollar's worth at least.
    func buy(_ outcome: Outcome) -> Step {
      let size = Int64.random(in: 900...1500, using: &random)
      held[outcome]! += size
      return .take(.buy, outcome, Shares(micros: size * 10_000))
    }
    func sell(_ outcome: Outcome) -> Step? {
      guard held[outcome]! >= 300 else { return nil }
      let size = Int64.random(in: 300...min(held[outcome]!, 450), using: &random)
      held[outcome]! -= size
      return .take(.sell, outcome, Shares(micros: size * 10_000))
    }
    func rest() -> Step {
      .rest(Bool.random(using: &random) ? .yes : .no, Shares(whole: Int64.random(in: 5...9, using: &random)))
    }
    var steps = [buy(.yes), sell(.yes), buy(.no), buy(.yes), rest()].compactMap(\.self)
    breaks = steps.count
    steps += [.cancel, sell(.yes), sell(.no), sell(.yes), buy(.no), rest()].compactMap(\.self)
    meanwhile = 12
    var isResting = true
    while steps.count < 24 {
      let outcome: Outcome = Bool.random(using: &random) ? .yes : .no
      switch Int.random(in: 0..<5, using: &random) {
      case 0:
        steps.append(isResting ? .cancel : rest())
        isResting.toggle()
      case 1, 2: if let step = sell(outcome) { steps.append(step) }
      default: steps.append(buy(outcome))
      }
    }
    self.steps = isResting ? steps + [.cancel] : steps
  }

  /// What needs no record: it takes risk out, and no entry comes before it.
  var exits: [Step] { Array(steps[breaks..<breaks + 4]) }
}

/// What goes away while the list is played.
enum Outage: String, CaseIterable, Sendable {
  case nothing, database, redis, both
  /// PostgreSQL's disk takes no more: it answers questions and refuses to write.
  case full
  /// The gateway's disk takes no more, and PostgreSQL is away: there is neither record nor journal.
  case disk

  var takesDatabase: Bool { self == .database || self == .both || self == .disk }
  /// Nothing can be recorded.
  var takesRecord: Bool { takesDatabase || self == .full }
  var takesRedis: Bool { self == .redis || self == .both }
}
