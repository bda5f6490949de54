/// What a halt owes: the proof that nothing of ours works at the venue any more, or an alarm that says what is missing. Asks the venue to
/// take out everything and reads back what is open until that is nothing. Pure: answers and a moment in, questions and findings out.
///
/// The proof is a list of open orders that is empty and was asked for when no order was on its way any more, with the end of every order
/// of ours known. Memory alone proves nothing, and neither does a cancel that was answered.
public struct FlatProof: Hashable, Sendable {
  public struct Settings: Hashable, Sendable {
    /// Without a proof by then there is an alarm …
    public var alarmAfter: Duration = .seconds(1)
    /// … and again as long as there is none.
    public var alarmAgain: Duration = .seconds(60)
    /// An answer is waited for so long; then the question goes out once more.
    public var patience: Duration = .milliseconds(250)
    /// Between two questions of one kind …
    public var pace: Duration = .milliseconds(100)
    /// … and after the alarm.
    public var slowPace: Duration = .seconds(1)

    public init() {}
  }

  /// What the gateway knows of its own orders.
  public struct Own: Hashable, Sendable {
    /// The bytes have left, and no answer has come.
    public var sending: Int
    /// Whether they arrived is not known.
    public var unknown: Int
    /// The venue has taken them, and their end is not known.
    public var working: Int

    public init(sending: Int = 0, unknown: Int = 0, working: Int = 0) {
      self.sending = sending
      self.unknown = unknown
      self.working = working
    }
  }

  /// Why it is not flat yet.
  public enum Obstacle: Hashable, Sendable {
    /// The record was not read: which orders are ours is not known.
    case notReady
    /// The venue has not answered what is open since then.
    case silent(Duration)
    case listed([VenueOrderID])
    case sending(Int)
    case unknown(Int)
    case working(Int)
  }

  public enum Finding: Hashable, Sendable {
    case flat(after: Duration)
    case notFlat(after: Duration, [Obstacle])
  }

  public enum Effect: Hashable, Sendable {
    case cancelAll
    case readBack
    case tell(Finding)
  }

  /// One kind of question to the venue.
  private struct Question: Hashable, Sendable {
    var asked: MonotonicTime?
    var isOut = false

    func isAwaited(_ now: MonotonicTime, _ patience: Duration) -> Bool {
      isOut && asked.map { now.since($0) < patience } ?? false
    }

    func isDue(_ now: MonotonicTime, _ pace: Duration, _ patience: Duration) -> Bool {
      guard let asked else { return true }
      return now.since(asked) >= (isOut ? max(pace, patience) : pace)
    }

    mutating func ask(_ now: MonotonicTime) {
      asked = now
      isOut = true
    }
  }

  public let settings: Settings
  private var began: MonotonicTime
  private var cancel = Question()
  private var list = Question()
  private var wantsCancel = true
  /// When the venue was last asked and said: nothing. And when it said: something.
  private var emptyAsked: MonotonicTime?
  private var listedAsked: MonotonicTime?
  private var listed: [VenueOrderID] = []
  private var lastAnswer: MonotonicTime?
  /// An order may have been on its way until then.
  private var movedUntil: MonotonicTime?
  private var toldAt: MonotonicTime?
  public private(set) var isFlat = false

  public init(settings: Settings = Settings(), began: MonotonicTime) {
    self.settings = settings
    self.began = began
  }

  /// What is to be done now.
  /// - Parameter own: `nil` until the record was read.
  public mutating func step(_ own: Own?, _ now: MonotonicTime) -> [Effect] {
    if isFlat { return [] }
    if own.map({ $0.sending > 0 }) ?? true { movedUntil = now }
    if let own, own == Own(), let emptyAsked, movedUntil.map({ emptyAsked > $0 }) ?? true {
      isFlat = true
      toldAt = nil
      return [.tell(.flat(after: now.since(began)))]
    }
    var effects: [Effect] = []
    let pace = toldAt == nil ? settings.pace : settings.slowPace
    if wantsCancel, cancel.isDue(now, pace, settings.patience) {
      cancel.ask(now)
      effects.append(.cancelAll)
    }
    if !cancel.isAwaited(now, settings.patience), list.isDue(now, pace, settings.patience) {
      list.ask(now)
      effects.append(.readBack)
    }
    if now.since(began) >= settings.alarmAfter, toldAt.map({ now.since($0) >= settings.alarmAgain }) ?? true {
      toldAt = now
      effects.append(.tell(.notFlat(after: now.since(began), obstacles(own, now))))
    }
    return effects
  }

  /// The venue answered the last wish to take out everything, or that failed.
  public mutating func cancelAnswered(_ done: Bool) {
    cancel.isOut = false
    if done { wantsCancel = false }
  }

  /// The complete list of open orders, whoever asked for it; `nil`: the question failed.
  public mutating func read(_ open: [VenueOrderID]?, asked: MonotonicTime, _ now: MonotonicTime) {
    if list.asked == asked { list.isOut = false }
    guard let open else { return }
    lastAnswer = now
    if open.isEmpty {
      // An older question's answer does not outweigh a younger one's.
      if listedAsked.map({ asked > $0 }) ?? true { emptyAsked = max(asked, emptyAsked ?? asked) }
      return
    }
    if let emptyAsked, emptyAsked > asked { return }
    emptyAsked = nil
    listedAsked = asked
    listed = open
    wantsCancel = true
    if isFlat {
      // Something came after all: it is proven anew.
      isFlat = false
      began = now
    }
  }

  private func obstacles(_ own: Own?, _ now: MonotonicTime) -> [Obstacle] {
    guard let own else { return [.notReady] }
    var found: [Obstacle] = []
    if lastAnswer.map({ now.since($0) >= settings.alarmAfter }) ?? true {
      found.append(.silent(now.since(lastAnswer ?? began)))
    }
    if emptyAsked == nil, !listed.isEmpty { found.append(.listed(listed)) }
    if own.sending > 0 { found.append(.sending(own.sending)) }
    if own.unknown > 0 { found.append(.unknown(own.unknown)) }
    if own.working > 0 { found.append(.working(own.working)) }
    // Nothing is in the way but that the list has not been read since.
    return found.isEmpty ? [.silent(now.since(lastAnswer ?? began))] : found
  }
}
