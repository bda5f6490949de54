import Shared
import Testing

@testable import SimVenue

@Suite("The second generation's price stream") struct PriceChannelTests {
  private let key = Gate.Key(apiKey: "k", secret: Array("0123456789abcdef".utf8), passphrase: "p", address: "0xab")
  private let now = MarketTime(seconds: 1_795_180_564)

  private final class Talk {
    var channel = PriceChannel<Int>()
    var told: [WireValue] = []
    let gate: Gate
    let now: MarketTime
    init(_ gate: Gate, _ now: MarketTime) {
      (self.gate, self.now) = (gate, now)
      channel.opened(1)
    }

    func report(_ second: Int64) -> ReferenceReport {
      ReferenceReport(
        symbol: "btc/usd", at: MarketTime(seconds: second), value: 91_234_500_000_000_000_000_000,
        mean: 91_200_000_001_000_000_000_000)
    }

    @discardableResult func say(_ text: String) -> Bool {
      let past = (0..<200).map { report(now.seconds - 200 + $0) }
      return channel.heard(
        Array(text.utf8), from: 1, gate, at: now, knows: { $0 != "nosuch/usd" }, history: { _ in past },
        { self.told.append(WireReader.read($1) ?? .null) })
    }

    func tell() { channel.tell(report(now.seconds), at: now) { self.told.append(WireReader.read($1) ?? .null) } }
  }

  private func talk(isKnown: Bool = true) -> Talk {
    let talk = Talk(Gate.standard(keys: [key]), now)
    if isKnown {
      talk.say(
        #"{"op":"auth","rid":"1","auth":{"apiKey":"k","secret":"\#(Base64URL.encode(key.secret))","passphrase":"p"}}"#)
      #expect(talk.told == [.object(("op", "authed"), ("rid", "1"))])
      talk.told = []
    }
    return talk
  }

  private func subscribe(_ channel: String, _ filter: String, op: String = "subscribe") -> String {
    #"{"op":"\#(op)","rid":"2","subscriptions":[{"channel":"\#(channel)","filter":\#(filter)}]}"#
  }

  @Test("A subscription is confirmed, brings two minutes at once and then every second, numbered by channel")
  func subscription() throws {
    let talk = talk()
    talk.say(subscribe("price.crypto", #"{"symbol":"BTCUSD"}"#))
    talk.say(subscribe("price.crypto.twap", #"{"symbol":"btcusd","window_seconds":60}"#))
    talk.tell()
    #expect(talk.told.count == 6)
    #expect(talk.told[0] == .object(("op", "subscribed"), ("rid", "2"), ("channel", "price.crypto")))
    let snapshot = talk.told[1]
    #expect(snapshot["snapshot"] == .flag(true) && snapshot["payload"]?["data"]?.asList?.count == 120)
    #expect(snapshot["payload"]?["source"] == "pyth")
    let updates = talk.told[4...]
    #expect(updates.map { $0["seq"]?.asNumber } == [2, 2])
    let mean = try #require(updates.first { $0["channel"] == "price.crypto.twap" })
    #expect(mean["payload"]?["full_accuracy_value"] == "91200.000001" && mean["payload"]?["source"] == "chainlink")
    #expect(mean["payload"]?["window_seconds"]?.asNumber == 60)
    talk.told = []
    talk.say(subscribe("price.crypto", #"{"symbol":"btcusd"}"#, op: "unsubscribe"))
    talk.tell()
    #expect(talk.told.map { $0["channel"] } == ["price.crypto", "price.crypto.twap"])
  }

  @Test(
    "What cannot be served is refused with its code",
    arguments: [
      ("price.crypto", #"{"symbol":"nosuchusd"}"#, "bad_filter"),
      ("price.crypto", #"{"symbol":"btceur"}"#, "bad_filter"),
      ("price.crypto", #"{"symbol":"btcusd","provider":"me"}"#, "bad_filter"), ("price.crypto", "{}", "bad_filter"),
      ("price.crypto.twap", #"{"symbol":"btcusd","window_seconds":30}"#, "bad_filter"),
      ("price.weather", #"{"symbol":"btcusd"}"#, "bad_channel"),
    ])
  func refusals(channel: String, filter: String, code: String) {
    let talk = talk()
    talk.say(subscribe(channel, filter))
    #expect(talk.told.count == 1 && talk.told[0]["code"] == .text(code) && talk.told[0]["channel"] == .text(channel))
    talk.tell()
    #expect(talk.told.count == 1)
  }

  @Test("Nobody listens without a key, and the eighth wrong one ends the connection")
  func strangers() {
    let talk = talk(isKnown: false)
    #expect(talk.say(subscribe("price.crypto", #"{"symbol":"btcusd"}"#)))
    #expect(talk.told[0]["code"] == "auth_required")
    for _ in 1...7 { #expect(talk.say(#"{"op":"auth","auth":{"apiKey":"k","secret":"AAAA","passphrase":"p"}}"#)) }
    #expect(!talk.say(#"{"op":"auth","auth":{}}"#))
    #expect(talk.told.last?["code"] == "auth_attempts")
    #expect(talk.say("no json") && talk.told.last?["code"] == "bad_op")
    #expect(talk.say(#"{"op":"ping"}"#) && talk.told.last == .object(("op", "pong")))
  }

  @Test("One connection holds 64 subscriptions and is told so")
  func limit() {
    let talk = talk()
    // The same wish again is the same subscription.
    for _ in 0..<70 { talk.say(subscribe("price.crypto", #"{"symbol":"c0usd"}"#)) }
    for number in 1..<64 { talk.say(subscribe("price.crypto", #"{"symbol":"c\#(number)usd"}"#)) }
    #expect(!talk.told.contains { $0["code"] == "sub_limit" })
    talk.say(subscribe("price.crypto", #"{"symbol":"c64usd"}"#))
    #expect(talk.told.last?["code"] == "sub_limit")
    talk.say(subscribe("price.crypto", #"{"symbol":"c0usd"}"#, op: "unsubscribe"))
    talk.say(subscribe("price.crypto", #"{"symbol":"c64usd"}"#))
    #expect(talk.told.last?["snapshot"] == .flag(true))
  }
}
