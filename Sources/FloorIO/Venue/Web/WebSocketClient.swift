import CWebSockets
import FloorIOData
import Shared

/// Where a web socket leads.
public struct WebEndpoint: Hashable, Sendable {
  public let isSecure: Bool
  public let host: String
  public let port: UInt16
  /// With its query.
  public let path: String

  /// `ws://host[:port][/path]` or `wss://…`. Throws `.badURL`.
  public init(_ text: String) throws(WebError) {
    let rest: Substring
    if text.hasPrefix("wss://") {
      isSecure = true
      rest = text.dropFirst(6)
    } else if text.hasPrefix("ws://") {
      isSecure = false
      rest = text.dropFirst(5)
    } else {
      throw .badURL(text)
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash].split(separator: ":", omittingEmptySubsequences: false)
    guard authority.count <= 2, let name = authority.first, !name.isEmpty, !rest[..<slash].contains("@") else {
      throw .badURL(text)
    }
    host = String(name)
    if authority.count == 2 {
      guard let number = UInt16(authority[1]), number > 0 else { throw .badURL(text) }
      port = number
    } else {
      port = isSecure ? 443 : 80
    }
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
  }

  var hostHeader: String { port == (isSecure ? 443 : 80) ? host : "\(host):\(port)" }
}

/// Why a web socket is not open (any more).
public enum WebSocketEnd: Hashable, Sendable, CustomStringConvertible {
  /// It never opened: refused, unreachable, bad certificate, no answer in time.
  case connectFailed(String)
  /// It was open; the other side ended it or the network did.
  case closed(code: UInt16?)
  /// A message was larger than our bound.
  case messageTooLarge
  /// The other side does not take what we send.
  case sendQueueFull

  public var description: String {
    switch self {
    case .connectFailed(let reason): "connect failed: \(reason)"
    case .closed(let code): "closed\(code.map { " with \($0)" } ?? "")"
    case .messageTooLarge: "message too large"
    case .sendQueueFull: "send queue full"
    }
  }
}

/// One outgoing web socket. `connect` starts an attempt; exactly one `onEnd` follows it sooner or later, unless `close` is called, after
/// which nothing follows. Reconnecting is the owner's decision: call `connect` again, usually after `Backoff` (never inside `onEnd`
/// without a delay). Names are looked up on another thread: nothing here holds the loop.
@safe public final class WebSocketClient {
  public let endpoint: WebEndpoint
  public var onOpen: (() -> Void)?
  /// One whole message, text or binary.
  public var onText: (([UInt8]) -> Void)?
  public var onEnd: ((WebSocketEnd) -> Void)?
  public private(set) var isOpen = false

  private let context: WebContext
  private let messageLimit: Int
  private let queueLimit: Int
  private let connectTimeout: Duration
  private var number: UInt?
  /// Counts what was begun and let go, so that the late word on one of them is not taken for another's.
  private var attempts: UInt64 = 0
  private var isLookingUp = false
  private var wsi: OpaquePointer?
  private var message: [UInt8] = []
  private var queue: SendQueue
  private var deadline: TimerID?
  /// What the other side gave as its reason to close.
  private var peerCode: UInt16?

  public init(
    context: WebContext, endpoint: WebEndpoint, messageLimit: Int = 16 << 20, queueLimit: Int = 1 << 20,
    connectTimeout: Duration = .seconds(10)
  ) throws {
    guard !endpoint.isSecure || context.supportsTLS else { throw WebError.noTLS }
    self.context = context
    self.endpoint = endpoint
    self.messageLimit = messageLimit
    self.queueLimit = queueLimit
    self.connectTimeout = connectTimeout
    queue = SendQueue(limit: queueLimit)
  }

  /// Starts one attempt. Does nothing while one is under way or open.
  public func connect() {
    guard number == nil, !isLookingUp else { return }
    message = []
    queue = SendQueue(limit: queueLimit)
    peerCode = nil
    isOpen = false
    attempts += 1
    let attempt = attempts
    deadline = context.loop.after(connectTimeout) { [weak self] in
      guard let self, attempts == attempt, !isOpen else { return }
      let what = isLookingUp ? "no address of \(endpoint.host)" : "no answer"
      abandon()
      end(.connectFailed("\(what) within \(connectTimeout)"))
    }
    if NameResolver.isNumeric(endpoint.host) { return connect(to: endpoint.host) }
    isLookingUp = true
    NameResolver.resolve(endpoint.host, on: context.loop) { [weak self] result in
      guard let self, attempts == attempt, isLookingUp else { return }
      isLookingUp = false
      switch result {
      case .success(let address): connect(to: address)
      case .failure(let failure): giveUp(.connectFailed("\(endpoint.host): \(failure)"))
      }
    }
  }

  private func connect(to address: String) {
    guard let number = context.connect(self, to: endpoint, at: address) else {
      // The library may have told the end from inside the call, which took the deadline away: an end is told once.
      guard deadline != nil else { return }
      // Also this answer comes from the loop, so that an owner meets one order of events only.
      return giveUp(.connectFailed("no socket"))
    }
    self.number = number
  }

  /// Queues a text message. `false` when the socket is not open, or the queue is full: then the connection ends.
  @discardableResult
  public func send(_ text: [UInt8]) -> Bool {
    guard isOpen, let wsi = unsafe wsi else { return false }
    guard queue.add(text) else {
      giveUp(.sendQueueFull)
      return false
    }
    _ = unsafe lws_callback_on_writable(wsi)
    return true
  }

  /// Ends the connection, or the attempt; no handler is called any more.
  public func close() { abandon() }

  /// Lets go of the library's connection: it dies by itself, and nothing of it reaches us.
  private func abandon() {
    deadline.map(context.loop.cancel)
    deadline = nil
    if let number { context.forget(number) }
    if let wsi = unsafe wsi { unsafe shim_lws_kill(wsi) }
    number = nil
    unsafe wsi = nil
    isOpen = false
    isLookingUp = false
    attempts += 1
  }

  /// Lets go of the connection from inside a handler; the end is told in the next turn, unless the owner closes or connects before.
  private func giveUp(_ why: WebSocketEnd) {
    abandon()
    let attempt = attempts
    context.loop.after(.zero) { [weak self] in
      if let self, attempts == attempt { end(why) }
    }
  }

  private func end(_ why: WebSocketEnd) {
    guard number == nil else { return }
    onEnd?(why)
  }

  // MARK: Callbacks

  func handle(_ wsi: OpaquePointer, _ event: lws_callback_reasons, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    switch event {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      unsafe self.wsi = unsafe wsi
      isOpen = true
      deadline.map(context.loop.cancel)
      deadline = nil
      onOpen?()
      return 0
    case LWS_CALLBACK_CLIENT_RECEIVE:
      unsafe receive(wsi, bytes)
      return 0
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      guard unsafe queue.write(to: wsi) else { return -1 }
      if !queue.isEmpty { _ = unsafe lws_callback_on_writable(wsi) }
      return 0
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      peerCode = bytes.count >= 2 ? unsafe UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : nil
      return 0
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      let text = unsafe bytes.isEmpty ? "refused or unreachable" : String(decoding: bytes, as: UTF8.self)
      finish(.connectFailed(text))
      return 0
    case LWS_CALLBACK_CLIENT_CLOSED:
      finish(.closed(code: peerCode))
      return 0
    default: return 0
    }
  }

  private func receive(_ wsi: OpaquePointer, _ bytes: UnsafeRawBufferPointer) {
    // No farewell: the library would wait for its answer behind all that is still being sent, and libwebsockets 4.1 may read on in a
    // connection that it has freed when a receiver refuses what is left.
    guard message.count + bytes.count <= messageLimit else {
      message = []
      return giveUp(.messageTooLarge)
    }
    unsafe message.append(contentsOf: bytes)
    if unsafe lws_is_final_fragment(wsi) != 0, unsafe lws_remaining_packet_payload(wsi) == 0 {
      let whole = message
      message = []
      onText?(whole)
    }
  }

  private func finish(_ why: WebSocketEnd) {
    deadline.map(context.loop.cancel)
    deadline = nil
    if let number { context.forget(number) }
    number = nil
    unsafe wsi = nil
    isOpen = false
    onEnd?(why)
  }
}
