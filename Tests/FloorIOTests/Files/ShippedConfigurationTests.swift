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
    arguments: ["agents", "drill/agents", "hammer/agents", "replay/agents", "selection/agents", "volume/agents"])
  func rosters(folder: String) throws {
    let place = Repository.root + "/config/" + folder
    let names = try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasSuffix(".yaml") }
    #expect(!names.isEmpty)
    for name in names {
      let agent = try AgentFile.load(
        file: name, stem: String(name.dropLast(5)), tree: try YAMLTree.read(place + "/" + name),
        strategies: StrategyRegistry.configKeys, followed: ["btc-5m", "btc-15m", "eth-5m", "eth-15m"])
      _ = try StrategyRegistry.make(agent.strategy, parameters: agent.parameters, size: agent.size)
    }
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
        followed: ["btc-5m", "btc-15m", "eth-5m", "eth-15m"])
      let builtIn = try StrategyParameters(kind, .object([]), size: agent.size).json(of: kind)
      #expect(agent.parameters == builtIn)
    }
  }
}
