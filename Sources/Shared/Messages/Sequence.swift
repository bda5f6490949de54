/// Numbers a sender's messages: from 1 upward on each channel.
public struct SequenceCounter: Sendable {
  private var last: [String: Int64] = [:]

  public init() {}

  public mutating func next(_ channel: String) -> Int64 {
    let number = (last[channel] ?? 0) + 1
    last[channel] = number
    return number
  }

  /// Forgets a channel that will not be used again (a market that is over).
  public mutating func forget(_ channel: String) { last[channel] = nil }
}

/// Watches the numbers of the messages on the channels a process reads, and says when something is missing.
///
/// A gap is reported once: the reader pulls the snapshot key, which carries the number it includes, and tells the tracker with
/// `adopt`. Until then further messages are `next` again, because each is a whole snapshot of its own or is replaced by the pull.
public struct SequenceTracker: Sendable {
  /// What a number says about what was received before it.
  public enum Verdict: Hashable, Sendable {
    /// The first message seen from this sender on this channel. Earlier ones may exist: pull the snapshot if they matter.
    case first
    /// The one that was due.
    case next
    /// This many messages are missing before it.
    case gap(missing: Int64)
    /// Seen already, or older than what was seen: ignore it.
    case old
    /// The sender has restarted and begun anew: what it said before no longer holds.
    case restarted
  }

  private struct Position {
    var source: String
    var boot: String
    var sequence: Int64
    /// The boots this sender had before, newest last: late messages from them are old.
    var earlier: [String]
  }

  private var positions: [String: Position] = [:]

  public init() {}

  /// Judges one message and remembers it.
  public mutating func receive(_ envelope: Envelope, on channel: String) -> Verdict {
    guard var position = positions[channel], position.source == envelope.source else {
      positions[channel] = Position(
        source: envelope.source, boot: envelope.boot, sequence: envelope.sequence, earlier: [])
      return .first
    }
    if position.boot != envelope.boot {
      if position.earlier.contains(envelope.boot) { return .old }
      position.earlier.append(position.boot)
      if position.earlier.count > 4 { position.earlier.removeFirst() }
      position.boot = envelope.boot
      position.sequence = envelope.sequence
      positions[channel] = position
      return .restarted
    }
    let due = position.sequence + 1
    if envelope.sequence < due { return .old }
    position.sequence = envelope.sequence
    positions[channel] = position
    return envelope.sequence == due ? .next : .gap(missing: envelope.sequence - due)
  }

  /// A snapshot that includes everything up to its own number was read. A snapshot older than what was received changes nothing and
  /// answers `false`: it must not be used.
  public mutating func adopt(_ envelope: Envelope, on channel: String) -> Bool {
    switch receive(envelope, on: channel) {
    case .old:
      guard let position = positions[channel] else { return false }
      return position.boot == envelope.boot && position.sequence == envelope.sequence
    case .first, .next, .gap, .restarted: return true
    }
  }

  public mutating func forget(_ channel: String) { positions[channel] = nil }
}
