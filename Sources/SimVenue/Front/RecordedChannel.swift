/// A public stream that carries a recording: whoever has subscribed to anything on it hears every frame, as it came to the one who
/// recorded it, and nothing else but answers to keep-alives. Pure: gives texts to send.
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
  mutating func heard(_ text: [UInt8], from peer: Peer, _ send: (Peer, [UInt8]) -> Void) {
    guard known.contains(peer) else { return }
    if text.elementsEqual("PING".utf8) || text.elementsEqual("ping".utf8) {
      send(peer, Array((text[0] == UInt8(ascii: "P") ? "PONG" : "pong").utf8))
    } else if WireReader.read(text) != nil {
      listeners.insert(peer)
    }
  }

  func tell(_ frame: [UInt8], _ send: (Peer, [UInt8]) -> Void) {
    for peer in listeners { send(peer, frame) }
  }
}
