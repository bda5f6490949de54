import Shared

/// What the venue did with a request to cancel. Neither list says whether an order traded before: ask for the order.
public struct CancelAnswer: Hashable, Sendable {
  public let canceled: [VenueOrderID]
  /// With the venue's free text (protocol document, section 2.10).
  public let refused: [VenueOrderID: String]

  init?(_ json: JSON) {
    guard let items = json["canceled"]?.array else { return nil }
    var canceled: [VenueOrderID] = []
    for item in items {
      guard let id = item.string.flatMap({ VenueOrderID($0) }) else { return nil }
      canceled.append(id)
    }
    var refused: [VenueOrderID: String] = [:]
    for member in json["not_canceled"]?.members ?? [] {
      guard let id = VenueOrderID(member.key) else { return nil }
      refused[id] = member.value.string ?? ""
    }
    self.canceled = canceled
    self.refused = refused
  }
}

/// Nothing was sent: the request would have held more than the venue takes at once, or nothing.
public struct BatchSizeError: Error, Hashable, Sendable, CustomStringConvertible {
  public let count: Int
  public let most: Int
  public var description: String {
    "a batch of \(count) orders: the venue takes 1 to \(most) at once, send them in parts"
  }
}

/// Placing, cancelling, and the switch that cancels when we are gone (protocol document, sections 2.9 to 2.11).
extension ClobClient {
  /// The most orders of one batch (section 2.9.3).
  public static let batchMax = 15
  /// The most orders of one cancel. Each takes a token of the signer's bucket, a request that costs more than the bucket holds is never
  /// taken, and we use half of the lowest tier's 120 (section 2.16); the endpoint's own caps (section 2.10) lie far above.
  public static let cancelMax = 60

  /// Sends exactly these bytes, once.
  /// - Parameter expected: the order's id, known since it was signed: an answer about another order proves nothing.
  public func post(_ body: [UInt8], expected: VenueOrderID, _ done: @escaping (SubmitOutcome) -> Void) {
    sendPrivately("POST", "/order", body: body, timeout: postTimeout) { result in
      switch result {
      case .failure(let error): done(SubmitOutcome(error))
      case .success(let response):
        done(
          SubmitOutcome.classify(
            status: response.status, body: VenueHTTP.parsed(response), expected: expected,
            retryAfterSeconds: response.retryAfter?.components.seconds))
      }
    }
  }

  /// Sends these bodies as one request, once; answers one outcome for each, in their order.
  /// - Throws: when they are none or more than `batchMax`; then nothing is sent and `done` is not called.
  public func post(
    batch orders: [(body: [UInt8], id: VenueOrderID)], _ done: @escaping ([SubmitOutcome]) -> Void
  ) throws(BatchSizeError) {
    guard (1...Self.batchMax).contains(orders.count) else {
      throw BatchSizeError(count: orders.count, most: Self.batchMax)
    }
    let body = [0x5B] + orders.map(\.body).joined(separator: [0x2C]) + [0x5D]
    let ids = orders.map(\.id)
    sendPrivately("POST", "/orders", body: body, items: ids.count, timeout: postTimeout) { result in
      switch result {
      case .failure(let error): done(ids.map { _ in SubmitOutcome(error) })
      case .success(let response):
        done(
          SubmitOutcome.classify(
            batch: ids, status: response.status, body: VenueHTTP.parsed(response),
            retryAfterSeconds: response.retryAfter?.components.seconds))
      }
    }
  }

  public func cancel(_ id: VenueOrderID, _ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) {
    let body: JSON = ["orderID": .text(id)]
    askPrivately("DELETE", "/order", body: body.bytes) { done($0.decoded(CancelAnswer.init)) }
  }

  /// - Throws: when they are none or more than `cancelMax`; then nothing is sent and `done` is not called.
  public func cancel(
    _ ids: [VenueOrderID], _ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void
  ) throws(BatchSizeError) {
    guard (1...Self.cancelMax).contains(ids.count) else {
      throw BatchSizeError(count: ids.count, most: Self.cancelMax)
    }
    let body = JSON.array(ids.map { .text($0) })
    askPrivately("DELETE", "/orders", body: body.bytes, items: ids.count) { done($0.decoded(CancelAnswer.init)) }
  }

  public func cancelAll(_ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) {
    askPrivately("DELETE", "/cancel-all") { done($0.decoded(CancelAnswer.init)) }
  }

  /// Cancels what rests in one market.
  /// - Parameter token: one side of it; `nil` for both.
  public func cancel(
    market: ConditionID, token: TokenID? = nil, _ done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void
  ) {
    var members = [JSON.Member("market", .text(market))]
    if let token { members.append(JSON.Member("asset_id", .text(token))) }
    askPrivately("DELETE", "/cancel-market-orders", body: JSON.object(members).bytes) {
      done($0.decoded(CancelAnswer.init))
    }
  }

  /// One beat of the dead-man switch, with the id of the last answer (empty the first time); answers the id for the next. More than 10 s
  /// without one, and the venue cancels everything.
  public func beat(_ id: String, _ done: @escaping (Result<String, VenueCallError>) -> Void) {
    beat(id, mayRepeat: true, done)
  }

  private func beat(_ id: String, mayRepeat: Bool, _ done: @escaping (Result<String, VenueCallError>) -> Void) {
    let path = "/v1/heartbeats"
    let body = JSON.object([JSON.Member("heartbeat_id", .string(id))]).bytes
    sendPrivately("POST", path, body: body, timeout: timeout) { [weak self] result in
      // A wrong id is answered with the right one.
      if mayRepeat, case .success(let response) = result, response.status == 400,
        let right = VenueHTTP.parsed(response)?["heartbeat_id"]?.string, !right.isEmpty, right != id, let self
      {
        return beat(right, mayRepeat: false, done)
      }
      done(VenueHTTP.json(result).decoded { $0["heartbeat_id"]?.string })
    }
  }
}

extension SubmitOutcome {
  /// No answer came, or we did not even ask.
  init(_ error: VenueCallError) {
    switch error {
    case .held(let wait): self = .throttled(retryAfterSeconds: (wait.milliseconds + 999) / 1000)
    // Not a byte has left: as good as refused for its rate, the same bytes may go again.
    case .transport(let error):
      self = error.outcomeKnown ? .throttled(retryAfterSeconds: nil) : .unknown(error.description)
    case .status(_, let message, _): self = .rejected(.credentials, detail: message)
    case .malformed(let what): self = .unknown(what)
    }
  }
}
