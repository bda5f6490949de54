import Shared

/// The account's own orders and trades as they happen (protocol document, section 4.4), for all markets. There is no replay: after every
/// opening the owner asks for open orders and trades over HTTP.
public final class UserStream {
  public var onOpen: (() -> Void)?
  public var onEvent: ((UserStreamEvent) -> Void)?
  public var onLost: ((_ why: String) -> Void)?
  /// An event of a kind that this program does not know.
  public var onStranger: ((_ kind: String) -> Void)?
  /// Events and frames that could not be read. Counted, never fatal.
  public private(set) var malformedEvents = 0
  public var isOpen: Bool { stream.isOpen }

  private let stream: VenueStream
  private let firstFrame: Secret

  /// The venue wants the secret itself on this channel, no signature: it leaves only over `wss`, or to a loopback address.
  public init(stream: VenueStream, apiKey: String, secret: Secret, passphrase: Secret) {
    self.stream = stream
    let frame: JSON = [
      "type": "user",
      "auth": [
        "apiKey": .string(apiKey), "secret": .string(secret.reveal()), "passphrase": .string(passphrase.reveal()),
      ],
    ]
    firstFrame = Secret(frame.text)
    stream.onOpen = { [unowned self] in
      stream.send(Array(firstFrame.reveal().utf8))
      onOpen?()
    }
    stream.onText = { [unowned self] text in receive(text) }
    stream.onLost = { [unowned self] why in onLost?(why) }
  }

  public func start() { stream.start() }
  public func stop() { stream.stop() }

  private func receive(_ text: [UInt8]) {
    let frame = StreamFrame<UserStreamEvent>(user: text)
    malformedEvents += frame.malformed
    for kind in frame.strangers { onStranger?(kind) }
    for event in frame.events { onEvent?(event) }
  }
}
