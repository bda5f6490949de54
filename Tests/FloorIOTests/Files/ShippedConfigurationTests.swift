import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@Suite("The configuration that comes with the floor")
struct ShippedConfigurationTests {
  @Test("Every profile loads, with the floor's file on it")
  func profiles() throws {
    let folder = Repository.root + "/config/profiles"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
    #expect(names.contains("floor1000.yaml") && names.contains("hammer-paper.yaml"))
    for name in names {
      let layers = try [folder + "/" + name, Repository.root + "/config/floor.yaml"].map {
        ConfigLayer(name: $0, file: $0, tree: try YAMLTree.read($0))
      }
      _ = try ConfigLoader.load(schema: FloorSchema.schema, layers: layers, home: name, rules: FloorRules.all)
    }
  }

  @Test(
    "Every agent of every roster loads, and its strategy can be made of it",
    arguments: [
      "agents", "ai75/agents", "drill/agents", "hammer/agents", "hammer-high-vol/agents", "hammer-live/agents",
      "hammer-low-vol/agents", "replay/agents", "selection/agents", "starter75/agents", "volume/agents",
    ])
  func rosters(folder: String) throws {
    let place = Repository.root + "/config/" + folder
    let names = try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasSuffix(".yaml") }
    #expect(!names.isEmpty)
    for name in names {
      let agent = try AgentFile.load(
        file: name, stem: String(name.dropLast(5)), tree: try YAMLTree.read(place + "/" + name),
        strategies: StrategyRegistry.configKeys,
        followed: FollowedMarkets(series: ["btc-5m", "btc-15m", "eth-5m", "eth-15m"]))
      _ = try StrategyRegistry.make(agent.strategy, parameters: agent.parameters, size: agent.size)
    }
  }

  /// The profile under the floor's own file, with what else is said.
  private static func load(_ profile: String, _ pairs: [String] = []) throws -> EffectiveConfig {
    let folder = Repository.root + "/config"
    let layers = try ["profiles/\(profile).yaml", "floor.yaml"].map {
      ConfigLayer(name: $0, file: $0, tree: try YAMLTree.read(folder + "/" + $0))
    }
    return try ConfigLoader.load(
      schema: FloorSchema.schema, layers: layers + [ConfigLayer(commandLine: pairs)], home: profile,
      rules: FloorRules.all)
  }

  private static func agents(_ profile: String) throws -> [AgentFile] {
    let folder = Repository.root + "/config/\(profile)/agents"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      try AgentFile.load(
        file: name, stem: String(name.dropLast(5)), tree: try YAMLTree.read(folder + "/" + name),
        strategies: StrategyRegistry.configKeys,
        followed: FollowedMarkets(series: ["btc-5m", "btc-15m", "eth-5m", "eth-15m"]))
    }
  }

  /// Capital, one entry, both in dollars; loss of the day in dollars, rounded down to a cent; losses in a row.
  @Test(
    "Each profile holds the limits of its founding text, or the floor's where those are stricter",
    arguments: [
      ("floor1000", 1000, "20", "100", 5), ("starter75", 75, "1.5", "1.99", 5), ("ai75", 75, "1.5", "1.99", 3),
      ("hammer-paper", 1000, "20", "100", 5), ("hammer-live", 1000, "20", "100", 5),
      ("hammer-high-vol", 1000, "20", "100", 5), ("hammer-low-vol", 1000, "20", "100", 5),
    ] as [(String, Int64, String, String, Int64)])
  func limits(profile: String, capital: Int64, perTrade: String, dayLoss: String, losses: Int64) throws {
    let reader = try Self.load(profile).reader
    #expect(try reader.text("mode") == "paper" && !reader.flag("live.armed"))
    let limits = try FloorLimits(reader, agents: 2)
    #expect(limits.capital == USD(dollars: capital) && limits.perTrade.description == perTrade)
    let loss = try reader.share(of: limits.capital, "limits.daily_loss_pct")
    #expect(USD(micros: loss.micros / 10_000 * 10_000).description == dayLoss)
    #expect(try reader.whole("limits.loss_streak_count") == losses)
  }

  @Test("The twins of starter75 are alike but for their direction, with the founding text's figures")
  func starter() throws {
    let twins = try Self.agents("starter75")
    #expect(twins.map(\.name.text) == ["spike-fade", "spike-follow"])
    #expect(twins.map { $0.parameters["direction"]?.string } == ["fade", "follow"])
    #expect(twins[0].parameters.with("direction", "follow") == twins[1].parameters)
    for (key, value) in [
      ("cusum_threshold_ratio", "0.03"), ("cusum_slack_ratio", "0.005"), ("cusum_unit", "price"),
      ("ewma_width_sigma", "2.5"), ("roc_threshold_pct", "1"), ("confidence_min_ratio", "1"),
      ("liquidity_min_usd", "50"), ("take_profit_points", "0.03"), ("stop_loss_points", "0.02"),
      ("atr_stop_ratio", "2"), ("atr_profit_ratio", "3"), ("atr_trail_ratio", "1.5"), ("exit_policy", "tighter"),
    ] { #expect(twins[0].parameters[key]?.string == value, "\(key)") }
    for (key, value) in [("ewma_span_count", 20), ("roc_lookback_s", 3), ("cooldown_s", 30)] as [(String, Int64)] {
      #expect(twins[0].parameters[key]?.int == value, "\(key)")
    }
    #expect(twins.allSatisfy { $0.size == USD(dollars: 2) })
  }

  @Test("The agent of ai75 needs one layer and the liquidity, in standard deviations")
  func halfTheEvidence() throws {
    let agent = try #require(try Self.agents("ai75").first)
    #expect(agent.strategy == "spike" && agent.size == USD(dollars: 2))
    for (key, value) in [
      ("direction", "fade"), ("cusum_unit", "sigma"), ("cusum_threshold_ratio", "2.5"), ("ewma_width_sigma", "2"),
      ("roc_threshold_pct", "2"), ("confidence_min_ratio", "0.5"),
    ] { #expect(agent.parameters[key]?.string == value, "\(key)") }
    #expect(agent.parameters["layers_required"]?.array == [])
  }

  @Test(
    "The hammer's profiles have the model's thresholds",
    arguments: [
      ("hammer-live", 15, "0.95", "10", "0.015", "1", "0"), ("hammer-high-vol", 15, "0.93", "20", "0.02", "0.5", "3"),
      ("hammer-low-vol", 25, "0.95", "10", "0.015", "2", "3"),
    ] as [(String, Int64, String, String, String, String, String)])
  func hammers(
    profile: String, seconds: Int64, price: String, cost: String, least: String, doubt: String, watch: String
  ) throws {
    let agents = try Self.agents(profile)
    #expect(agents.map(\.name.text) == ["hammer-btc", "hammer-eth"])
    for agent in agents {
      let settings = agent.parameters
      #expect(settings["hammer_s"]?.int == seconds && settings["d_min_sigma"]?.string == "2")
      #expect(settings["entry_price_max_points"]?.string == price && settings["extra_cost_bps"]?.string == cost)
      #expect(settings["ev_min_points"]?.string == least && settings["doubt_pct"]?.string == doubt)
      #expect(settings["watch_return_sigma"]?.string == watch)
      #expect(settings["watch_required"] == .bool(watch != "0") && settings["fallback_orders"] == false)
      #expect(settings["entries_per_hour_max_count"]?.int == 4 && settings["per_trade_max_usd"]?.string == "50")
    }
  }

  @Test(
    "The live profile arms nothing: real money needs the mode, the venue and the second key, and no more capital than the cap"
  )
  func locked() throws {
    func problems(_ pairs: [String]) -> String {
      do {
        _ = try Self.load("hammer-live", pairs)
        return ""
      } catch { return "\(error)" }
    }
    #expect(problems(["mode=live", "venue=polymarket"]).contains("live.armed is false"))
    #expect(problems(["mode=live", "live.armed=true"]).contains("simulated venue"))
    #expect(problems(["mode=live", "live.armed=true", "venue=polymarket"]) == "")
    #expect(
      problems(["mode=live", "live.armed=true", "venue=polymarket", "floor.capital_usd=1001"]).contains(
        "live.capital_max_usd"))
  }

  @Test("The hammer's agents write out every setting at its built-in value")
  func hammer() throws {
    let kind = try #require(StrategyRegistry.kind("hammer"))
    for name in ["hammer-btc", "hammer-eth"] {
      let path = Repository.root + "/config/hammer/agents/\(name).yaml"
      let tree = try YAMLTree.read(path)
      let layer = ConfigLayer(name: "file", file: path, tree: tree)
      let written = Set(layer.settings.map(\.path).filter { $0.hasPrefix("parameters.") })
      #expect(written == Set(kind.parameters.map { "parameters." + $0.key.path }))
      let agent = try AgentFile.load(
        file: path, stem: name, tree: tree, strategies: StrategyRegistry.configKeys,
        followed: FollowedMarkets(series: ["btc-5m", "btc-15m", "eth-5m", "eth-15m"]))
      let builtIn = try StrategyParameters(kind, .object([]), size: agent.size).json(of: kind)
      #expect(agent.parameters == builtIn)
    }
  }
}
