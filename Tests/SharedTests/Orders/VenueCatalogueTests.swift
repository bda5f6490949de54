import Shared
import Testing

/// Every text of the venue's catalogue (protocol document, sections 2.9, 2.15 and 2.17) as an answer to a posted order.
@Suite struct VenueCatalogueTests {
  static let id = VenueOrderID("0x" + String(repeating: "ab", count: 32))!
  static let other = VenueOrderID("0x" + String(repeating: "cd", count: 32))!

  enum Meaning: Hashable, Sendable {
    case refused(RejectCode)
    case mode(VenueMode)
    case duplicate
    case open
  }

  struct Line: Sendable, CustomTestStringConvertible {
    let status: Int
    let text: String
    let meaning: Meaning
    init(_ status: Int, _ text: String, _ meaning: Meaning) {
      self.status = status
      self.text = text
      self.meaning = meaning
    }
    var testDescription: String { "\(status) \(text)" }
  }

  static let catalogue: [Line] = [
    Line(400, "Invalid token id", .refused(.malformed)), Line(400, "Invalid payload", .refused(.malformed)),
    Line(400, "Payload exceeds the limit", .refused(.malformed)), Line(400, "Invalid side", .refused(.malformed)),
    Line(400, "Invalid order payload", .refused(.malformed)), Line(400, "Invalid orderID", .refused(.malformed)),
    Line(400, "invalid order params payload", .refused(.malformed)),
    Line(400, "Invalid trade params payload", .refused(.malformed)),
    Line(400, "Invalid asset type", .refused(.malformed)), Line(400, "Invalid signature_type", .refused(.malformed)),
    Line(400, "Invalid market", .refused(.malformed)),
    Line(400, "the order owner has to be the owner of the API KEY", .refused(.credentials)),
    Line(400, "the order signer address has to be the address of the API KEY", .refused(.credentials)),
    Line(400, "'0x7D2fA0b94C31e8568Be0A4c1F3d6927e5B8c0D14' address banned", .refused(.banned)),
    Line(400, "'0x7D2fA0b94C31e8568Be0A4c1F3d6927e5B8c0D14' address in closed only mode", .refused(.banned)),
    Line(400, "maker address not allowed, please use the deposit wallet flow", .refused(.banned)),
    Line(400, "Too many orders in payload: 16, max allowed: 15", .refused(.malformed)),
    Line(400, "order \(id) is invalid. Price (0.123) breaks minimum tick size rule: 0.01", .refused(.tick)),
    Line(400, "order \(id) is invalid. Size (4) lower than the minimum: 5", .refused(.minimumSize)),
    Line(400, "invalid amount for a marketable BUY order ($0.95), min size: $1", .refused(.minimumSize)),
    Line(400, "order \(id) is invalid. Duplicated.", .duplicate),
    Line(400, "order \(id) crosses the book", .refused(.postOnlyCrosses)),
    Line(400, "invalid post-only order: order crosses book", .refused(.postOnlyCrosses)),
    Line(400, "not enough balance / allowance", .refused(.balance)),
    Line(
      400,
      "not enough balance / allowance: the balance is not enough -> balance: 4000000, sum of active orders: 1, sum of matched orders: 2, order amount: 5200000",
      .refused(.balance)),
    Line(400, "invalid expiration", .refused(.expiration)), Line(400, "invalid nonce", .refused(.invalidated)),
    Line(400, "order canceled in the CTF exchange contract", .refused(.invalidated)),
    Line(400, "order couldn't be fully filled. FOK orders are fully filled or killed.", .refused(.fillOrKill)),
    Line(
      400,
      "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found.",
      .refused(.noMatch)),
    // It says 400 and "delayed": it may be held, and then it trades.
    Line(400, "order match delayed due to market conditions", .open),
    Line(400, "the market is not yet ready to process new orders", .refused(.notReady)),
    Line(400, "order_version_mismatch", .refused(.signature)),
    Line(400, "Could not create api key", .refused(.credentials)),
    Line(400, "Could not derive api key!", .refused(.credentials)),
    Line(401, "Unauthorized/Invalid api key", .refused(.credentials)),
    Line(401, "Invalid L1 Request headers", .refused(.credentials)),
    Line(404, "No orderbook exists for the requested token id", .refused(.marketClosed)),
    Line(404, "market not found", .refused(.marketClosed)),
    Line(500, "Internal server error", .open), Line(500, "could not insert order", .open),
    Line(500, "order timed out", .open), Line(500, "there are no matching orders", .refused(.noMatch)),
    Line(500, "FOK orders are filled or killed", .refused(.fillOrKill)),
    Line(500, "the trade contains rounding issues", .open),
    Line(
      500,
      "the price of the taker's order has a discrepancy greater than allowed with the worst maker order", .open),
    Line(503, "Trading is currently disabled. Check polymarket.com for updates", .mode(.disabled)),
    Line(
      503, "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
      .mode(.cancelOnly)),
    Line(503, "post-only mode: only post-only orders and cancels are allowed", .mode(.postOnly)),
    // Generic overrides: a request that was given up is answered 400, and may have been read.
    Line(400, "insert order: context canceled", .open), Line(401, "unauthorized", .refused(.credentials)),
    // Words that nobody wrote down: refused where the status says so, open where it does not.
    Line(400, "the moon is in the wrong house", .refused(.other)), Line(422, "no", .refused(.other)),
    Line(401, "no", .refused(.credentials)), Line(403, "no", .refused(.other)), Line(500, "no", .open),
    Line(503, "no", .open), Line(502, "Trading is currently disabled", .open), Line(408, "Request Timeout", .open),
    Line(403, "Trading restricted in your region", .refused(.regionBlocked)),
  ]

  private func check(_ outcome: SubmitOutcome, _ line: Line) {
    switch (line.meaning, outcome) {
    case (.refused(let code), .rejected(let said, let detail)):
      #expect(said == code && detail == line.text)
      #expect(outcome.outcomeKnown && outcome.retryable == (code == .notReady))
    case (.mode(let mode), .notTrading(let said, _)):
      #expect(said == mode)
      #expect(outcome.outcomeKnown && outcome.retryable)
    case (.duplicate, .duplicated): #expect(outcome.outcomeKnown && !outcome.retryable)
    case (.open, .unknown): #expect(!outcome.outcomeKnown && !outcome.retryable)
    default: Issue.record("\(line.testDescription) is \(outcome)")
    }
  }

  @Test(
    "Each text of the catalogue has its meaning, whether it may be sent again, and whether the outcome is known",
    arguments: catalogue)
  func catalogued(line: Line) {
    check(SubmitOutcome.classify(status: line.status, body: ["error": .string(line.text)], expected: Self.id), line)
  }

  @Test(
    "The same refusals inside an answer of success, as entries of a batch have them, mean the same",
    arguments: catalogue.filter { $0.status == 400 })
  func insideSuccess(line: Line) {
    for success in [false, true] {
      let entry: JSON = [
        "errorMsg": .string(line.text), "orderID": "", "status": "", "success": .bool(success), "takingAmount": "",
        "makingAmount": "",
      ]
      check(SubmitOutcome.classify(status: 200, body: entry, expected: Self.id), line)
    }
  }

  @Test("A text about another order proves nothing about ours, not even that it is there")
  func foreign() {
    for text in ["order \(Self.other) is invalid. Duplicated.", "order \(Self.other) crosses the book"] {
      guard
        case .unknown = SubmitOutcome.classify(status: 400, body: ["error": .string(text)], expected: Self.id)
      else {
        Issue.record("\(text) was believed")
        return
      }
    }
  }

  @Test("The venue's wait comes from the header or the body, for its modes and for its rate")
  func waits() {
    func classify(_ status: Int, _ body: JSON?, _ header: Int64? = nil) -> SubmitOutcome {
      SubmitOutcome.classify(status: status, body: body, expected: Self.id, retryAfterSeconds: header)
    }
    #expect(classify(425, nil, 90) == .notTrading(.restarting, retryAfterSeconds: 90))
    #expect(classify(429, nil, 3) == .throttled(retryAfterSeconds: 3))
    #expect(classify(429, ["error": "Too Many Requests"]) == .throttled(retryAfterSeconds: nil))
    let postOnly: JSON = [
      "error": "post-only mode: only post-only orders and cancels are allowed", "code": "post_only_mode",
      "retry_after_seconds": 118,
    ]
    #expect(classify(503, postOnly) == .notTrading(.postOnly, retryAfterSeconds: 118))
  }

  @Test("A batch is answered entry by entry; a list of another length proves nothing about anybody")
  func batch() {
    let entries: JSON = [
      ["errorMsg": "", "orderID": .text(Self.id), "status": "live", "success": true],
      ["errorMsg": "not enough balance / allowance", "orderID": "", "status": "", "success": false],
      ["errorMsg": "", "orderID": .text(Self.id), "status": "live", "success": true],
    ]
    func classify(_ status: Int, _ body: JSON?, _ ids: [VenueOrderID]) -> [SubmitOutcome] {
      SubmitOutcome.classify(batch: ids, status: status, body: body)
    }
    let each: [SubmitOutcome] = [
      .live, .rejected(.balance, detail: "not enough balance / allowance"), .unknown("an answer for another order"),
    ]
    #expect(classify(200, entries, [Self.id, Self.other, Self.other]) == each)
    for short in [
      classify(200, entries, [Self.id, Self.other]), classify(200, ["error": "x"], [Self.id, Self.other]),
    ] {
      #expect(short.count == 2 && short.allSatisfy { !$0.outcomeKnown })
    }
    let all = classify(400, ["error": "Too many orders in payload: 16, max allowed: 15"], [Self.id, Self.other])
    #expect(all.allSatisfy { if case .rejected(.malformed, _) = $0 { true } else { false } })
    // One of them is at the venue; of the other this says nothing.
    let one = classify(400, ["error": .string("order \(Self.id) is invalid. Duplicated.")], [Self.id, Self.other])
    let wanted: [SubmitOutcome] = [.duplicated, .unknown("an answer for another order")]
    #expect(one == wanted)
  }

  @Test("The venue's mode is believed for the time it named, shortly without one, and no longer than an order is taken")
  func mirror() {
    func at(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
    var mirror = VenueModeMirror()
    #expect(mirror.current(at(0)) == nil)
    mirror.heard(.notTrading(.restarting, retryAfterSeconds: 90), at(0))
    #expect(mirror.current(at(89)) == .restarting && mirror.current(at(90)) == nil)
    mirror.heard(.notTrading(.postOnly, retryAfterSeconds: nil), at(100))
    #expect(mirror.current(at(104)) == .postOnly && mirror.current(at(105)) == nil)
    mirror.heard(.notTrading(.disabled, retryAfterSeconds: 1_000_000), at(200))
    #expect(mirror.current(at(799)) == .disabled && mirror.current(at(800)) == nil)
    mirror.heard(.notTrading(.cancelOnly, retryAfterSeconds: 60), at(900))
    for nothing in [SubmitOutcome.unknown("x"), .throttled(retryAfterSeconds: 1)] { mirror.heard(nothing, at(901)) }
    #expect(mirror.current(at(902)) == .cancelOnly)
    mirror.heard(.rejected(.tick, detail: ""), at(903))
    #expect(mirror.current(at(903)) == nil)
  }
}
