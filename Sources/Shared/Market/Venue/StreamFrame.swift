/// What one text frame of a venue stream held: any number of events, and a count of what could not be used. A malformed or unknown
/// event is skipped and counted; it never costs its neighbours or the connection (protocol document, section 4.6).
public struct StreamFrame<Event: Hashable & Sendable>: Hashable, Sendable {
  public var events: [Event] = []
  /// The server's answer to our keep-alive text.
  public var isPong = false
  /// The kinds of events that this program does not know, one for each such event, cut to 40 characters.
  public var strangers: [String] = []
  /// Frames that are not JSON and events of a known kind with missing or impossible fields.
  public var malformed = 0

  public init() {}

  /// Splits a frame (one object or an array of objects) and decodes each.
  init(_ bytes: [UInt8], decode: (JSON) -> Decoded) {
    if bytes.isEmpty { return }
    if bytes.count == 4, bytes.elementsEqual("PONG".utf8) || bytes.elementsEqual("pong".utf8) {
      isPong = true
      return
    }
    guard let json = try? JSON.parse(bytes, limits: JSONLimits(bytes: 16 << 20)) else {
      malformed = 1
      return
    }
    for item in json.array ?? [json] {
      switch decode(item) {
      case .event(let event): events.append(event)
      case .unknown(let kind): strangers.append(String(kind.prefix(40)))
      case .malformed: malformed += 1
      case .nothing: break
      }
    }
  }

  enum Decoded {
    case event(Event)
    case unknown(String)
    case malformed
    /// Understood, and of no interest (an acknowledgement).
    case nothing

    init(_ event: Event?) { if let event { self = .event(event) } else { self = .malformed } }
  }
}
