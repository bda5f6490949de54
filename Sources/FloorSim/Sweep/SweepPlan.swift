import Shared

/// Everything that a sweep's runs depend on. Two sweeps with one fingerprint are the same sweep, so that what was run for one is good for
/// the other: a resumed one, another shard.
public struct SweepPlan: Hashable, Sendable {
  public let grid: SweepGrid
  public let agent: Backtest.Agent
  public let settings: BacktestSettings
  /// What was read: the files' shape, and of each its name, its size and a digest of what is in it.
  public let data: [String]
  /// A digest of the program: what another one makes of the same data may differ.
  public let program: String

  public init(grid: SweepGrid, agent: Backtest.Agent, settings: BacktestSettings, data: [String], program: String) {
    self.grid = grid
    self.agent = agent
    self.settings = settings
    self.data = data
    self.program = program
  }

  public var fingerprint: String {
    let results = settings.terms.results.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    var plain = settings
    plain.terms.results = [:]
    let text = [
      program, grid.json.text, agent.strategy, agent.parameters.text, "\(agent.size)", "\(agent.series)",
      "\(agent.events)",
      String(describing: plain), results.joined(separator: ","), data.joined(separator: ","),
    ]
    return Hex.text(SHA256.digest(text.joined(separator: "\n").utf8))
  }

  /// A combination's agent.
  public func agent(_ number: Int) -> Backtest.Agent {
    Backtest.Agent(
      name: agent.name, strategy: agent.strategy, parameters: grid.parameters(number, over: agent.parameters),
      size: agent.size, series: agent.series, events: agent.events)
  }

  /// Why a combination cannot be run; `nil` when it can.
  public func refusal(_ number: Int) -> StrategyParameters.Refusal? {
    let agent = agent(number)
    do {
      _ = try StrategyRegistry.make(agent.strategy, parameters: agent.parameters, size: agent.size)
      return nil
    } catch {
      return error
    }
  }
}
