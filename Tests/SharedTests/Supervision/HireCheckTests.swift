import Shared
import Testing

@Suite("What can be hired")
struct HireCheckTests {
  private let check = HireCheck(
    followed: FollowedMarkets(series: ["btc-5m", "eth-5m"], events: ["mlb-cle-sf-2025-06-17"]), isPaper: true)

  private func row(_ series: JSON = ["btc-5m"], size: JSON = "20", _ parameters: JSON = .object([]))
    -> JSON
  {
    ["series": series, "size_usd": size, "parameters": parameters]
  }

  @Test("every strategy's own settings are good, on the series that the feed follows") func good() {
    for kind in StrategyRegistry.kinds {
      #expect(check.problem(strategy: kind.name, row: row()) == nil)
    }
    #expect(check.problem(strategy: "momentum", row: ["series": ["eth-5m"]]) == nil)
    for events: JSON in [["mlb-*"], ["*"], ["mlb-cle-sf-2025-06-17"]] {
      #expect(check.problem(strategy: "momentum", row: ["events": events]) == nil)
    }
    #expect(check.problem(strategy: "momentum", row: ["events": ["nba-*"]])?.contains("take one of mlb-cle") == true)
  }

  @Test(
    "series that nobody follows, sizes and parameters that the agent would refuse are refused with the reason, all at once"
  )
  func refused() throws {
    let near = try #require(check.problem(strategy: "momentum", row: row(["btc-5n"])))
    #expect(near.contains("btc-5n") && near.contains("did you mean btc-5m?"))
    let far = try #require(check.problem(strategy: "momentum", row: row(["foo-1m"])))
    #expect(far.contains("names foo-1m, which the feed does not follow"))
    #expect(check.problem(strategy: "momentum", row: row([1]))?.contains("names 1, which the feed") == true)
    for none in [JSON.array([]), .null, "btc-5m"] {
      #expect(
        check.problem(strategy: "momentum", row: row(none))?.contains("name at least one series")
          == true)
    }
    for size: JSON in ["0.5", "-3", "much", "1000001"] {
      #expect(
        check.problem(strategy: "momentum", row: row(size: size))?.contains("size_usd") == true)
    }
    let all = try #require(
      check.problem(
        strategy: "momentum",
        row: row(["foo-1m"], size: "0", ["colour": "red", "stop_loss_points": "much"])))
    for words in ["foo-1m", "size_usd", "momentum has no parameter colour", "stop_loss_points"] {
      #expect(all.contains(words), "\(all)")
    }
    #expect(
      check.problem(strategy: "astrology", row: row())?.contains("name one of the strategies")
        == true)
  }

  @Test("a sizing that the strategy cannot have is refused with what it takes") func sizing() {
    func problem(_ strategy: String, _ sizing: JSON) -> String? {
      check.problem(strategy: strategy, row: row().with("sizing", sizing))
    }
    #expect(problem("momentum", ["method": "percent", "pct": "10"]) == nil)
    #expect(problem("hammer", ["method": "kelly"]) == nil)
    #expect(problem("momentum", ["method": "kelly"])?.contains("fixed or percent") == true)
    #expect(problem("hammer", ["method": "fixed"])?.contains("takes the method kelly") == true)
    for bad: JSON in [["method": "percent"], ["method": "percent", "pct": "200"], ["method": "luck"], "fixed"] {
      #expect(problem("momentum", bad)?.contains("with percent a pct") == true, "\(bad.text)")
    }
  }

  @Test("what trades play money only is not hired where money is real") func playMoney() {
    let real = HireCheck(followed: FollowedMarkets(series: ["btc-5m"]), isPaper: false)
    for kind in StrategyRegistry.kinds {
      #expect((real.problem(strategy: kind.name, row: row()) == nil) == !kind.playMoneyOnly)
    }
    #expect(StrategyRegistry.kinds.contains { $0.playMoneyOnly })
  }
}
