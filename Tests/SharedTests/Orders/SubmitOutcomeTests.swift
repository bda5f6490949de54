import Shared
import Testing

@Suite struct SubmitOutcomeTests {
  static let id = VenueOrderID("0x" + String(repeating: "ab", count: 32))!

  struct Answer: Sendable, CustomTestStringConvertible {
    let status: Int
    let body: String?
    let outcome: SubmitOutcome
    var testDescription: String { "\(status) \(body ?? "–")" }
  }

  static let answers: [Answer] = [
    Answer(
      status: 200,
      body:
        #"{"errorMsg":"","orderID":"\#(id.text)","takingAmount":"","makingAmount":"","status":"live","success":true}"#,
      outcome: .live),
    Answer(
      status: 200,
      body:
        #"{"errorMsg":"","orderID":"\#(id.text)","takingAmount":"10","makingAmount":"5.2","status":"matched","success":true,"tradeIDs":["t-1"]}"#,
      outcome: .matched(making: 5_200_000, taking: 10_000_000, trades: [VenueTradeID("t-1")!])),
    Answer(
      status: 200, body: #"{"errorMsg":"","orderID":"\#(id.text)","status":"delayed","success":true}"#,
      outcome: .delayed),
    Answer(
      status: 200, body: #"{"errorMsg":"","orderID":"\#(id.text)","status":"unmatched","success":true}"#, outcome: .live
    ),
    Answer(
      status: 200, body: #"{"errorMsg":"not enough balance / allowance","orderID":"","status":"","success":false}"#,
      outcome: .rejected(.balance, detail: "not enough balance / allowance")),
    Answer(
      status: 400, body: #"{"error":"order \#(id.text) is invalid. Duplicated."}"#, outcome: .duplicated),
    Answer(
      status: 400,
      body: #"{"error":"order couldn't be fully filled. FOK orders are fully filled or killed."}"#,
      outcome: .rejected(
        .fillOrKill, detail: "order couldn't be fully filled. FOK orders are fully filled or killed.")),
    Answer(
      status: 400,
      body:
        #"{"error":"no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."}"#,
      outcome: .rejected(
        .noMatch,
        detail:
          "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found.")),
    Answer(
      status: 401, body: #"{"error":"Unauthorized/Invalid api key"}"#,
      outcome: .rejected(.credentials, detail: "Unauthorized/Invalid api key")),
    Answer(status: 429, body: nil, outcome: .throttled(retryAfterSeconds: nil)),
    Answer(status: 425, body: nil, outcome: .notTrading(.restarting, retryAfterSeconds: nil)),
    Answer(
      status: 503,
      body:
        #"{"error":"Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."}"#,
      outcome: .notTrading(.cancelOnly, retryAfterSeconds: nil)),
    // What proves nothing.
    Answer(status: 200, body: nil, outcome: .unknown("success without a readable body")),
    Answer(status: 200, body: "{}", outcome: .unknown("neither success nor a reason")),
    Answer(
      status: 200,
      body: #"{"success":true,"errorMsg":"","orderID":"0x\#(String(repeating: "00", count: 32))","status":"live"}"#,
      outcome: .unknown("an answer for another order")),
    Answer(status: 403, body: nil, outcome: .unknown("status 403 without a reason")),
    Answer(status: 500, body: #"{"error":"order timed out"}"#, outcome: .unknown("status 500: order timed out")),
    Answer(status: 502, body: nil, outcome: .unknown("status 502")),
    Answer(status: 504, body: #"{"error":"not enough balance"}"#, outcome: .unknown("status 504")),
  ]

  @Test("Only an answer that proves acceptance or refusal leaves unknown", arguments: answers)
  func classified(answer: Answer) throws {
    let body = try answer.body.map { try JSON.parse($0) }
    let outcome = SubmitOutcome.classify(status: answer.status, body: body, expected: Self.id)
    #expect(outcome == answer.outcome)
    if case .unknown = outcome {
      #expect(!outcome.outcomeKnown)
      #expect(!outcome.retryable)
    }
  }

  @Test("A duplicate is proof of arrival under any status, never a reject")
  func duplicates() {
    for status in [200, 400, 500] {
      let body: JSON = ["error": "order 0x1 is invalid. Duplicated. Same order has already been placed"]
      let outcome = SubmitOutcome.classify(status: status, body: body, expected: Self.id)
      #expect(outcome == .duplicated)
      #expect(outcome.outcomeKnown && !outcome.retryable)
    }
  }
}
