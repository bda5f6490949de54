import CCurl
import FloorIOData
import Glibc
import Shared

/// HTTP/1.1 over libcurl on the event loop: connections are kept and shared, certificates always verified, redirects and proxies off,
/// answers bounded. `done` is called exactly once for every request, from the loop, never inside `send`.
///
/// libcurl repeats a request by itself when a kept connection turns out to be dead before the first byte of an answer: the same bytes,
/// which an order's id makes harmless at the venue.
@safe public final class HTTPClient {
  private let loop: EventLoop
  private let authorities: String?
  private let multi: UnsafeMutableRawPointer
  private var transfers: [UInt: HTTPTransfer] = [:]
  private var idle: [EasyHandle] = []
  private var watches: [Int32: WatchID] = [:]
  private var timer: TimerID?
  private var isClosed = false

  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// - Parameters:
  ///   - connections: open at a time to one host; further requests wait inside their own timeout.
  ///   - authorities: PEM file; `nil` takes the system's.
  public init(loop: EventLoop, connections: Int = 16, authorities: String? = nil) {
    precondition(HTTPClient.isReady, "libcurl cannot start")
    guard let multi = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory") }
    self.loop = loop
    self.authorities = authorities
    unsafe self.multi = unsafe multi
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    let set = unsafe shim_curl_events(multi, socketCallback, timerCallback, user)
    precondition(set == CURLM_OK, "libcurl takes no event callbacks")
    _ = unsafe shim_curl_multi_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections)
    _ = unsafe shim_curl_multi_long(multi, CURLMOPT_MAXCONNECTS, connections * 2)
  }

  deinit { close() }

  /// Ends all transfers: their `done` is called with `.cancelled` in the loop's next turn.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    for transfer in transfers.values {
      unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
      let error = HTTPError(.cancelled, outcomeKnown: !transfer.hasSent)
      let done = transfer.done
      loop.after(.zero) { done(.failure(error)) }
      transfer.release()
    }
    transfers = [:]
    idle = []
    unsafe curl_multi_cleanup(multi)
    for watch in watches.values { loop.unwatch(watch) }
    watches = [:]
    timer.map(loop.cancel)
  }

  /// - Parameter timeout: for everything, the wait for a connection included.
  public func send(
    _ request: HTTPRequest, timeout: Duration, _ done: @escaping (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    guard !isClosed, let easy = idle.popLast() ?? EasyHandle() else {
      loop.after(.zero) { done(.failure(HTTPError(.cancelled, outcomeKnown: true))) }
      return
    }
    let transfer = HTTPTransfer(easy, request, done)
    guard transfer.configure(timeout: timeout, authorities: authorities),
      unsafe curl_multi_add_handle(multi, easy.pointer) == CURLM_OK
    else {
      transfer.release()
      loop.after(.zero) { done(.failure(HTTPError(.badRequest, outcomeKnown: true, detail: request.url))) }
      return
    }
    transfers[easy.number] = transfer
    // On a kept connection this writes the request now, not in the next turn.
    act(CURL_SOCKET_TIMEOUT, 0)
    if hasFinished { loop.after(.zero) { [weak self] in self?.deliver() } }
  }

  /// Calls `body` later, at the earliest in the loop's next turn: for answers that need no server, and requests that have to wait.
  func later(after delay: Duration = .zero, _ body: @escaping () -> Void) { loop.after(delay, body) }

  public var inFlight: Int { transfers.count }

  // MARK: libcurl's events

  private func act(_ socket: Int32, _ events: Int32) {
    guard !isClosed else { return }
    var running: Int32 = 0
    _ = unsafe curl_multi_socket_action(multi, socket, events, &running)
  }

  private func handle(_ socket: Int32, _ ready: Readiness) {
    var events: Int32 = 0
    if ready.contains(.readable) { events |= CURL_CSELECT_IN }
    if ready.contains(.writable) { events |= CURL_CSELECT_OUT }
    if ready.contains(.closed) { events |= CURL_CSELECT_ERR }
    act(socket, events)
    deliver()
  }

  fileprivate func watch(_ socket: Int32, _ what: Int32) {
    if what == CURL_POLL_REMOVE {
      if let watch = watches.removeValue(forKey: socket) { loop.unwatch(watch) }
      return
    }
    let read = what & CURL_POLL_IN != 0
    let write = what & CURL_POLL_OUT != 0
    do {
      if let watch = watches[socket] {
        try loop.modify(watch, read: read, write: write)
      } else {
        watches[socket] = try loop.watch(socket, read: read, write: write) { [unowned self] ready in
          handle(socket, ready)
        }
      }
    } catch {
      // Unwatched, the transfer ends by its timeout: named, bounded, and the loop goes on.
      if let watch = watches.removeValue(forKey: socket) { loop.unwatch(watch) }
    }
  }

  fileprivate func setTimer(_ milliseconds: Int) {
    timer.map(loop.cancel)
    timer = nil
    guard milliseconds >= 0, !isClosed else { return }
    timer = loop.after(.milliseconds(milliseconds)) { [unowned self] in
      timer = nil
      act(CURL_SOCKET_TIMEOUT, 0)
      deliver()
    }
  }

  // MARK: Finished transfers

  private var finished: [(number: UInt, code: CURLcode)] = []
  private var hasFinished: Bool {
    collect()
    return !finished.isEmpty
  }

  private func collect() {
    guard !isClosed else { return }
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE, let handle = unsafe message.pointee.easy_handle else {
        continue
      }
      unsafe finished.append((UInt(bitPattern: handle), message.pointee.data.result))
    }
  }

  private func deliver() {
    collect()
    while !finished.isEmpty {
      let (number, code) = finished.removeFirst()
      guard let transfer = transfers.removeValue(forKey: number) else { continue }
      let result = transfer.result(code)
      unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
      transfer.release()
      if idle.count < 16 {
        transfer.easy.reset()
        idle.append(transfer.easy)
      }
      transfer.done(result)
      if isClosed { return }
      collect()
    }
  }
}

private let socketCallback: shim_curl_socket = { _, socket, what, user, _ in
  guard let user = unsafe user else { return 0 }
  unsafe Unmanaged<HTTPClient>.fromOpaque(user).takeUnretainedValue().watch(socket, what)
  return 0
}

private let timerCallback: shim_curl_timer = { _, milliseconds, user in
  guard let user = unsafe user else { return 0 }
  unsafe Unmanaged<HTTPClient>.fromOpaque(user).takeUnretainedValue().setTimer(milliseconds)
  return 0
}
