/// A public stream that carries a recording: whoever has subscribed to anything on it hears every frame, as it came to the one who
/// recorded it, and nothing else but answers to keep-alives and, of a recording that begins in the middle, the books as they stand at its
/// first subscription, without which changes would mean nothing. Pure: gives texts to send.
struct RecordedChannel<Peer: Hashable> {
  private var known: Set<Peer> = []
  private var listeners: Set<Peer> = []

  var count: Int { listeners.count }

  mutating func opened(_ peer: Peer) { known.insert(peer) }

  mutating func closed(_ peer: Peer) {
    known.remove(peer)
    listeners.remove(peer)
  }

  /// A client's frame.
  ///
  /// - Parameter standing: what a new listener is told first.
  mutating func heard(
    _ text: [UInt8], from peer: Peer, standing: () -> [[UInt8]] = { [] }, _ send: (Peer, [UInt8]) -> Void
  ) {
    guard known.contains(peer) else { return }
    if text.elementsEqual("PING".utf8) || text.elementsEqual("ping".utf8) {
      send(peer, Array((text[0] == UInt8(ascii: "P") ? "PONG" : "pong").utf8))
    } else if WireReader.read(text) != nil {
      guard listeners.insert(peer).inserted else { return }
      for book in standing() { send(peer, book) }
    }
  }

  func tell(_ frame: [UInt8], _ send: (Peer, [UInt8]) -> Void) {
    for peer in listeners { send(peer, frame) }
  }
}
