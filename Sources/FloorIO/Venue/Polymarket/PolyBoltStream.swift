import FloorIOData
import Shared

/// PolyBolt, the reference prices of the second generation (protocol document, section 5.2): authorizes itself with the account's API key,
/// subscribes spot and 60 s mean of each symbol, and counts what was lost on the way.
public final class PolyBoltStream {
  /// A raw message, before it is read.
  public var onText: (([UInt8]) -> Void)?
  public var onTicks: (([ReferenceTick]) -> Void)?
  public var onTrouble: ((PolyBoltFrame.Trouble) -> Void)?
  public var onLost: ((_ why: String) -> Void)?
  /// Opened, not yet authorized.
  public var onOpen: (() -> Void)?
  public var isOpen: Bool { stream.isOpen }
  private let stream: VenueStream
  private let authorization: Secret
  private let subscription: [UInt8]
  private var numbers: [String: Int64] = [:]

  /// - Parameter symbols: as `btc/usd`.
  public init(stream: VenueStream, apiKey: String, secret: Secret, passphrase: Secret, symbols: [String]) {
    self.stream = stream
    let frame: JSON = [
      "op": "auth", "rid": "1",
      "auth": [
        "apiKey": .string(apiKey), "secret": .string(secret.reveal()), "passphrase": .string(passphrase.reveal()),
      ],
    ]
    authorization = Secret(frame.text)
    let items = symbols.flatMap { symbol -> [JSON] in
      let name = JSON.string(symbol.filter { $0 != "/" }.lowercased())
      return [
        ["channel": "price.crypto", "filter": ["symbol": name]],
        ["channel": "price.crypto.twap", "filter": ["symbol": name, "window_seconds": 60]],
      ]
    }
    subscription = (["op": "subscribe", "rid": "2", "subscriptions": .array(items)] as JSON).bytes
    stream.onOpen = { [unowned self] in
      numbers = [:]
      stream.send(Array(authorization.reveal().utf8))
      onOpen?()
    }
    stream.onText = { [unowned self] text in receive(text) }
    stream.onLost = { [unowned self] why in
      onLost?(why)
    }
  }

  public func start() { stream.start() }
  public func stop() { stream.stop() }
  public func reconnect(_ why: String) { stream.reconnect(why) }

  private func receive(_ text: [UInt8]) {
    onText?(text)
    switch PolyBoltFrame(text) {
    case .authorized: stream.send(subscription)
    case .refused(let code, let channel):
      // Without a channel nothing of what was asked will come: the usual waits lie before the next try.
      if let channel { onTrouble?(.refused("\(channel): \(code)")) } else { stream.reconnect("refused: \(code)") }
    case .prices(let channel, let number, let dropped, let ticks):
      let expected = (numbers[channel] ?? number - 1) + 1
      let missed = max(0, number - expected) + max(0, dropped)
      if missed > 0 { onTrouble?(.missed(missed)) }
      numbers[channel] = number
      onTicks?(ticks)
    case .subscribed, .unsubscribed, .pong: break
    case .unknown(let kind): onTrouble?(.stranger(kind))
    case .malformed: onTrouble?(.malformed)
    }
  }
}
