import Glibc
import Shared

/// Moments on the way of a price to an order, kept in memory and written to `<state>/log/<process>.trace` when the process ends. Only
/// for `floor-bench`: a process has one when its birth document's configuration says `"trace": true`, and no floor's does.
///
/// A line is `<hop> <key> <monotonic ns>`. The key is the venue's stamp in nanoseconds as far as prices go, and the number at the end of
/// the intent's name from there on; the record joins the two.
public final class PathTrace {
  public enum Hop: String, Sendable, CaseIterable {
    /// The feed has read the frame off the venue's socket.
    case feedReceived = "feed_received"
    /// The feed hands the update to the bus.
    case feedPublished = "feed_published"
    /// The agent has read the update off the bus.
    case agentReceived = "agent_received"
    /// The agent hands the intent to the bus.
    case intentSent = "intent_sent"
    /// The gateway has read the intent off the bus.
    case intentReceived = "intent_received"
    /// Signed; the record is asked.
    case recordAsked = "record_asked"
    /// The record's answer to the submission: committed.
    case committed
    /// The order's bytes are given to the venue's connection.
    case posted
  }

  /// More than a measurement of some minutes needs; beyond it nothing is noted.
  private static let linesMax = 4_000_000

  private let path: String
  private var notes: [(hop: Hop, key: Int64, at: Int64)] = []

  init(directory: String, process: String) {
    path = directory + "/" + process + ".trace"
    notes.reserveCapacity(1 << 16)
  }

  public func note(_ hop: Hop, _ key: Int64, at time: MonotonicTime = SystemClock.monotonic()) {
    if notes.count < PathTrace.linesMax { notes.append((hop, key, time.nanoseconds)) }
  }

  /// The key is the whole number that follows `prefix` in the message, times `scale`; a message without it is not noted.
  public func note(_ hop: Hop, _ message: [UInt8], after prefix: StaticString, scale: Int64 = 1) {
    let now = SystemClock.monotonic()
    if let number = PathTrace.number(after: prefix, in: message) { note(hop, number * scale, at: now) }
  }

  public func note(_ hop: Hop, _ intent: IntentID, at time: MonotonicTime = SystemClock.monotonic()) {
    let name = intent.text
    guard let dot = name.lastIndex(of: "."), let number = Int64(name[name.index(after: dot)...]) else { return }
    note(hop, number, at: time)
  }

  static func number(after prefix: StaticString, in message: [UInt8]) -> Int64? {
    let length = prefix.utf8CodeUnitCount
    return unsafe message.withUnsafeBytes { space in
      var start = 0
      while start + length < space.count {
        if unsafe space[start] == prefix.utf8Start.pointee,
          unsafe memcmp(space.baseAddress! + start, prefix.utf8Start, length) == 0
        {
          break
        }
        start += 1
      }
      var index = start + length
      var value: Int64?
      while index < space.count, case let digit = unsafe space[index], (48...57).contains(digit) {
        let (product, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(Int64(digit - 48))
        if overflow || carry { return nil }
        value = sum
        index += 1
      }
      return value
    }
  }

  func write() throws {
    var text: [UInt8] = []
    text.reserveCapacity(notes.count * 48)
    for note in notes { text += "\(note.hop.rawValue) \(note.key) \(note.at)\n".utf8 }
    try AtomicFile.write(text, to: path, isDurable: false)
  }
}
