import Shared
import Testing

/// Messages with every field set, for codec tests.
enum SampleMessages {
  static let envelope = Envelope(
    source: "agent-momentum-1", boot: "b1", sequence: 7, time: MarketTime(nanoseconds: 1_795_180_564_317_000_000),
    sent: WallTime(nanoseconds: 1_795_180_564_400_000_001))
  static let secret = IntentSecret(hex: "000102030405060708090a0b0c0d0e0f")!

  static func terms(_ action: IntentMessage.Action = .enter, cancels: String? = nil) -> IntentMessage.Terms {
    IntentMessage.Terms(
      intent: IntentID("momentum-1.42")!, agent: AgentName("momentum-1")!, epoch: Epoch(3), action: action,
      market: MarketSlug("btc-updown-5m-1795180500")!, outcome: .yes, side: .buy, type: .fillAndKill,
      price: Price(micros: 530_000)!, size: Shares(micros: 37_650_000),
      usefulUntil: MarketTime(nanoseconds: 1_795_180_566_317_000_000), cancels: cancels.map { IntentID($0)! })
  }

  static func intent(_ terms: IntentMessage.Terms = terms()) -> IntentMessage {
    IntentMessage(
      envelope: envelope, terms: terms, feedOrder: 1234, bookTime: MarketTime(nanoseconds: 1_795_180_564_000_000_000),
      reason: "reference rose 0.61 % in 300 s", secret: secret)
  }

  static let fill = OrderEventMessage.Fill(
    trade: VenueTradeID("t-9")!, market: MarketSlug("btc-updown-5m-1795180500")!, outcome: .no, side: .buy,
    price: Price(micros: 470_000)!, size: Shares(micros: 5_250_000), fee: USD(micros: 91_540))

  static func orderEvent(_ event: OrderEventMessage.Event) -> OrderEventMessage {
    OrderEventMessage(
      envelope: envelope, cursor: 88, agent: AgentName("momentum-1")!, epoch: Epoch(3),
      intent: event == .settled ? nil : IntentID("momentum-1.42")!,
      order: VenueOrderID("0x" + String(repeating: "ab", count: 32)), event: event, reason: "matched",
      detail: "said \"ok\"",
      fill: event.carriesFill ? fill : nil, remaining: Shares(micros: 1), position: Shares(micros: 5_250_000),
      final: event == .done)
  }

  static let state = AgentStateMessage(
    envelope: envelope, agent: AgentName("momentum-1")!, strategy: "momentum", epoch: Epoch(3), status: .trading,
    positionCount: 1, pendingCount: 2, dayProfit: USD(micros: -1_250_000), evaluated: 99, missed: 3,
    lastDecision: .init(
      kind: "enter", reason: "momentum_up", market: MarketSlug("btc-updown-5m-1795180500")!,
      at: MarketTime(nanoseconds: 5)))
}

@Suite("Intent, order event and agent state messages")
struct OrderMessageTests {
  @Test("The canonical text is the twelve terms joined by bars, the absent one as nothing")
  func canonicalText() {
    #expect(
      SampleMessages.terms().canonicalText
        == "momentum-1.42|momentum-1|3|enter|btc-updown-5m-1795180500|YES|BUY|FAK|0.53|37.65|1795180566317000000|")
    #expect(SampleMessages.terms(.cancel, cancels: "momentum-1.41").canonicalText.hasSuffix("|momentum-1.41"))
  }

  @Test("The proof of the sample equals the one another implementation computed")
  func proofVector() {
    // python3 -c 'import hmac;print(hmac.new(bytes(range(16)),TEXT.encode(),"sha256").hexdigest())'
    #expect(
      SampleMessages.intent().proof == "a45b869db7713127cb69fef51ace924247b237d234a48afd8366f84f18d9bff0")
  }

  @Test("Only the right secret over unchanged terms verifies")
  func verification() throws {
    let message = SampleMessages.intent()
    #expect(SampleMessages.secret.verifies(message))
    #expect(!IntentSecret(hex: "000102030405060708090a0b0c0d0e10")!.verifies(message))
    var larger = message
    larger.terms.size = Shares(micros: message.terms.size.micros + 1)
    #expect(!SampleMessages.secret.verifies(larger))
    var later = message
    later.terms.epoch = Epoch(4)
    #expect(!SampleMessages.secret.verifies(later))
    #expect(IntentSecret(hex: "0001") == nil)
    #expect(IntentSecret(hex: "zz0102030405060708090a0b0c0d0e0f") == nil)
  }

  @Test("Every message survives the way through text")
  func roundTrips() throws {
    for terms in [
      SampleMessages.terms(), SampleMessages.terms(.exit), SampleMessages.terms(.cancel, cancels: "momentum-1.1"),
    ] {
      let message = SampleMessages.intent(terms)
      #expect(try IntentMessage(decoding: message.bytes) == message)
    }
    for event in OrderEventMessage.Event.allCases {
      let message = SampleMessages.orderEvent(event)
      #expect(try OrderEventMessage(decoding: message.bytes) == message)
    }
    #expect(try AgentStateMessage(decoding: SampleMessages.state.bytes) == SampleMessages.state)
    var quiet = SampleMessages.state
    quiet.lastDecision = nil
    quiet.dayProfit = nil
    #expect(try AgentStateMessage(decoding: quiet.bytes) == quiet)
  }

  @Test("A missing or malformed member is refused by its name")
  func namesTheField() throws {
    let good = SampleMessages.intent().json
    for member in good.members ?? [] where member.key != "cancels" {
      let without = JSON.object((good.members ?? []).filter { $0.key != member.key })
      #expect(throws: MessageError.missing(member.key)) { try IntentMessage(without) }
    }
    let wrong: [(String, JSON)] = [
      ("price", "1.01"), ("price", "0.5234567"), ("price", "1e-2"), ("size", "0"), ("size", "-5"), ("side", "buy"),
      ("outcome", "UP"), ("type", "IOC"), ("action", "open"), ("epoch", "x"), ("epoch", -1), ("market", "a|b"),
      ("proof", "00"), ("useful_until_ns", "1.5"), ("reason", .string(String(repeating: "x", count: 201))),
    ]
    for (field, value) in wrong {
      #expect(throws: MessageError.invalid(field)) { try IntentMessage(good.with(field, value)) }
    }
    #expect(throws: MessageError.version(2)) { try IntentMessage(good.with("v", 2)) }
    #expect(throws: MessageError.invalid("message")) { try IntentMessage(.array([])) }
  }

  @Test("Members that contradict each other are refused")
  func contradictions() {
    let enter = SampleMessages.intent().json
    #expect(throws: MessageError.invalid("cancels")) {
      try IntentMessage(enter.with("cancels", "momentum-1.1"))
    }
    #expect(throws: MessageError.invalid("cancels")) { try IntentMessage(enter.with("action", "cancel")) }
    #expect(throws: MessageError.invalid("intent")) { try IntentMessage(enter.with("agent", "momentum-2")) }
    let fill = SampleMessages.orderEvent(.fill).json
    #expect(throws: MessageError.invalid("fill")) { try OrderEventMessage(fill.with("fill", nil)) }
    #expect(throws: MessageError.invalid("intent")) { try OrderEventMessage(fill.with("intent", nil)) }
    let inside = fill.with("fill", (fill["fill"] ?? nil).with("price", "2"))
    #expect(throws: MessageError.invalid("fill.price")) { try OrderEventMessage(inside) }
  }
}
