import CWebSockets
import FloorIOData
import Glibc
import Shared

/// Why a web socket, or a server for them, could not be set up.
public enum WebError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The library made no context: out of memory or descriptors.
  case noContext
  /// The address or port cannot be listened on (in use, or not ours).
  case cannotListen(address: String, port: UInt16)
  /// TLS was asked for without a file of authorities.
  case noTLS
  case badURL(String)

  public var description: String {
    switch self {
    case .noContext: "libwebsockets made no context (memory or descriptors exhausted)"
    case .cannotListen(let address, let port): "cannot listen on \(address):\(port): is the port in use?"
    case .noTLS: "a wss connection needs the file of certificate authorities"
    case .badURL(let text): "not a ws or wss address: \(text)"
    }
  }
}

/// Joins libwebsockets (our web socket client) to a process's one event loop: everything runs on the loop's thread.
///
/// libwebsockets of Debian 12 offers no external poll, so the waiting is turned round: its own poll also watches the loop's epoll
/// descriptor (adopted as a raw file), and `EventLoop.turn` asks it to wait. A web event costs no second wake-up, one of the loop one
/// more system call (measured in `WebLatencyTests`).
///
/// Make one per process, before its clients, and keep it for as long as they live. `close` it outside of handlers.
@safe public final class WebContext {
  public let loop: EventLoop
  public let supportsTLS: Bool
  private let context: OpaquePointer
  private let protocols: UnsafeMutablePointer<lws_protocols>
  private let clientHost: OpaquePointer
  private var clients: [UInt: WebSocketClient] = [:]
  private var lastClient: UInt = 0
  private var isClosed = false
  private let box = WebContextBox()

  /// - Parameter authorities: PEM file of certificate authorities for `wss` connections; `nil` allows only `ws` and saves the start-up
  ///   of TLS. Certificates and host names are always verified.
  public init(loop: EventLoop, authorities: String? = nil) throws {
    self.loop = loop
    supportsTLS = authorities != nil
    lws_set_log_level(0, nil)
    guard let protocols = unsafe shim_lws_protocol("floor", webCallback) else { throw WebError.noContext }
    guard let context = unsafe shim_lws_context(Unmanaged.passUnretained(box).toOpaque(), supportsTLS ? 1 : 0) else {
      unsafe free(protocols)
      throw WebError.noContext
    }
    guard let clientHost = unsafe shim_lws_client(context, protocols, authorities) else {
      unsafe lws_context_destroy(context)
      unsafe free(protocols)
      throw WebError.noContext
    }
    unsafe self.context = unsafe context
    unsafe self.protocols = unsafe protocols
    unsafe self.clientHost = unsafe clientHost
    // The library closes what it adopted; the loop keeps its own descriptor.
    let copy = fcntl(loop.descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, unsafe shim_lws_adopt_file(clientHost, copy, "floor") != nil else {
      if copy >= 0 { Glibc.close(copy) }
      // Everything is initialized, so `deinit` runs and destroys the context.
      throw WebError.noContext
    }
    box.context = self
    loop.outerWait = { [unowned self] mayBlock in wait(mayBlock) }
  }

  deinit { close() }

  /// Ends every connection without a farewell and without a call, and gives the waiting back to the loop. Not from inside a handler.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    loop.outerWait = nil
    clients.removeAll()
    unsafe lws_context_destroy(context)
    unsafe free(protocols)
  }

  private func wait(_ mayBlock: Bool) {
    // Negative: look and return. Anything else waits until something is due; the number itself is not used by the library.
    unsafe lws_service(context, mayBlock ? 0 : -1)
  }

  // MARK: Clients

  /// Starts a connection for a client; its fate arrives through the callback, or at once as `nil`.
  /// - Parameter address: numeric, of the endpoint's host. The name itself is what the certificate is held against.
  func connect(_ client: WebSocketClient, to endpoint: WebEndpoint, at address: String) -> UInt? {
    guard !isClosed else { return nil }
    lastClient += 1
    let number = lastClient
    clients[number] = client
    let wsi = unsafe shim_lws_connect(
      context, clientHost, address, Int32(endpoint.port), endpoint.isSecure ? 1 : 0, endpoint.path,
      endpoint.hostHeader, UnsafeMutableRawPointer(bitPattern: number), nil)
    if unsafe wsi == nil { clients[number] = nil }
    return unsafe wsi == nil ? nil : number
  }

  func forget(_ number: UInt) { clients[number] = nil }

  // MARK: Callbacks

  fileprivate func handle(
    _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ bytes: UnsafeRawBufferPointer
  ) -> Int32 {
    switch reason {
    case LWS_CALLBACK_RAW_RX_FILE:
      do { try loop.dispatchReady() } catch { preconditionFailure("the event loop failed: \(error)") }
      return 0
    case LWS_CALLBACK_CLIENT_ESTABLISHED, LWS_CALLBACK_CLIENT_RECEIVE, LWS_CALLBACK_CLIENT_WRITEABLE,
      LWS_CALLBACK_CLIENT_CONNECTION_ERROR, LWS_CALLBACK_CLIENT_CLOSED, LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      let number = unsafe UInt(bitPattern: lws_get_opaque_user_data(wsi))
      // A client that let go: its connection ends at the next chance.
      guard let client = clients[number] else { return reason == LWS_CALLBACK_CLIENT_WRITEABLE ? -1 : 0 }
      return unsafe client.handle(wsi, reason, bytes)
    default: return 0
    }
  }
}

/// What the library hands back to the callback: no Swift object may be half made when its pointer is taken.
private final class WebContextBox {
  weak var context: WebContext?
}

private let webCallback:
  @convention(c) (
    OpaquePointer?, lws_callback_reasons, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int
  ) -> Int32 = { wsi, reason, _, bytes, count in
    guard let wsi = unsafe wsi, let context = unsafe lws_get_context(wsi), let user = unsafe lws_context_user(context)
    else { return 0 }
    let box = unsafe Unmanaged<WebContextBox>.fromOpaque(user).takeUnretainedValue()
    guard let owner = box.context else { return 0 }
    return unsafe owner.handle(wsi, reason, UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
  }
