import FloorIOVenue
import Shared

/// One question at a time to the venue, on behalf of all who ask it: who asks while it is under way gets the answer of the next one, so
/// that every answer was asked for after its question, and can prove an absence. A hundred orders of unknown outcome are looked for by one
/// reading of the trades. Used on the loop's thread.
final class SharedReading<Value> {
  typealias Answer = Result<Value, VenueCallError>

  private struct Question {
    let since: MarketTime?
    let done: (Answer, MonotonicTime) -> Void
  }

  private let read: (MarketTime?, @escaping (Answer) -> Void) -> Void
  private let now: () -> MonotonicTime
  private var waiting: [Question] = []
  private(set) var isUnderWay = false

  /// - Parameters:
  ///   - now: the monotonic clock.
  ///   - read: asks the venue, from the oldest moment that anybody wants on, and answers once.
  init(now: @escaping () -> MonotonicTime, read: @escaping (MarketTime?, @escaping (Answer) -> Void) -> Void) {
    self.now = now
    self.read = read
  }

  /// Answers once, with when the venue was asked.
  /// - Parameter since: nothing older is wanted; the answer may hold it all the same.
  func ask(since: MarketTime? = nil, _ done: @escaping (Answer, MonotonicTime) -> Void) {
    waiting.append(Question(since: since, done: done))
    begin()
  }

  private func begin() {
    guard !isUnderWay, !waiting.isEmpty else { return }
    isUnderWay = true
    let served = waiting
    waiting.removeAll()
    let asked = now()
    read(served.compactMap(\.since).min()) { [weak self] answer in
      self?.isUnderWay = false
      for question in served { question.done(answer, asked) }
      self?.begin()
    }
  }
}
