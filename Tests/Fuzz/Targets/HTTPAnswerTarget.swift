import Shared

@testable import FloorIOVenue

/// The input is an answer: a status line, header lines, an empty line, a body. libcurl frames it; the target is what we make of its parts
/// in every call that could have asked for it.
enum HTTPAnswerTarget {
  private static let order = VenueOrderID("0x" + String(repeating: "a", count: 64))!

  static func take(_ bytes: [UInt8]) {
    let (status, head, body) = parts(bytes)
    let response = HTTPResponse(status: status, headers: head.fields, body: body)
    if let wait = response.retryAfter { hold(wait >= .zero && wait <= .seconds(86_400), "Retry-After of \(wait)") }
    let answer = VenueHTTP.json(.success(response))
    switch answer {
    case .success(let json):
      hold(status == 200, "status \(status) as success")
      decode(json)
    case .failure(let error):
      hold(status != 200 || error == .malformed("no JSON"), "a good answer refused: \(error)")
      hold(error.description.utf8.count < 2000, "an error text of \(error.description.utf8.count) bytes")
      if error.retryable, error.outcomeKnown {
        hold(status == 425 || status == 429, "status \(status) may be repeated")
      }
    }
    judge(response)
  }

  /// Lines end with LF, as in a file; each is handed on with CRLF, as libcurl does.
  private static func parts(_ bytes: [UInt8]) -> (Int, HTTPAnswerHead, [UInt8]) {
    var head = HTTPAnswerHead()
    var status = 0
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      if status == 0 {
        let digits = line.drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix(3)
        status = Int(String(decoding: digits, as: UTF8.self)).flatMap { $0 >= 100 ? $0 : nil } ?? 200
      }
      hold(head.take(Array(line) + [13, 10]), "a head of \(bytes.count) bytes was too long")
    }
    return (status, head, Array(rest))
  }

  private static func decode(_ json: JSON) {
    if let book = VenueBook(json) {
      hold(zip(book.bids, book.bids.dropFirst()).allSatisfy { $0.price > $1.price }, "bids out of order")
      hold(zip(book.asks, book.asks.dropFirst()).allSatisfy { $0.price < $1.price }, "asks out of order")
      hold((book.bids + book.asks).allSatisfy { $0.size > .zero }, "an empty level")
      _ = VenueBookHash.input(json)
    }
    if let order = VenueOrder(json) {
      hold(order.size >= .zero && order.matched >= .zero, "an order of \(order.size), \(order.matched) matched")
    }
    if let trade = VenueTrade(json) {
      hold(trade.parts { _ in true }.allSatisfy { $0.size >= .zero }, "a trade of a negative size")
    }
    if let answer = CancelAnswer(json) {
      hold(answer.canceled.count <= json["canceled"]?.array?.count ?? 0, "more cancels than were told")
    }
    do throws(GammaMarket.Refusal) {
      let market = Market(try GammaMarket(json))
      hold(market.yesToken != market.noToken, "both outcomes have one token")
      hold(market.minimumSize >= .zero, "a negative minimum")
    } catch {
      hold(!"\(error)".isEmpty, "a refusal without a reason")
    }
    if let time = json.int.flatMap(WallTime.init(venueStamp:)) { hold(time.seconds >= 0, "a clock before 1970") }
    _ = SimClock.clock(json)
  }

  /// What an answer to an order may and may not prove.
  private static func judge(_ response: HTTPResponse) {
    let body: JSON?
    do { body = try JSON.parse(response.body) } catch { body = nil }
    let outcome = SubmitOutcome.classify(
      status: response.status, body: body, expected: order,
      retryAfterSeconds: response.retryAfter?.components.seconds)
    switch outcome {
    case .live, .matched, .delayed:
      hold((200..<300).contains(response.status), "status \(response.status) proves acceptance")
      hold(body?["orderID"]?.string.flatMap { VenueOrderID($0) } == order, "another order's answer proves acceptance")
      hold(!outcome.retryable, "an accepted order may go again")
    case .duplicated, .rejected, .notTrading:
      hold(body != nil || response.status == 425, "a refusal is read out of no JSON")
    case .throttled: hold(response.status == 429, "status \(response.status) is a throttle")
    case .unknown: hold(!outcome.outcomeKnown && !outcome.retryable, "an unknown outcome that is known")
    }
  }
}
