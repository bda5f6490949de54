import Shared

/// What a replay changes of the agents: nothing, single settings, or all parameters of some.
public struct ReplayChange: Hashable, Sendable {
  /// `size_usd` or a strategy's parameter, and its value; for every agent whose strategy has it.
  public var settings: [JSON.Member]
  /// Complete parameters by agent. Sizes stay as they were: the floor's limits made them.
  public var agents: [AgentName: AgentBirthRules]

  /// A strategy and its parameters.
  public struct AgentBirthRules: Hashable, Sendable {
    public var strategy: String
    public var parameters: JSON
    public init(strategy: String, parameters: JSON) {
      self.strategy = strategy
      self.parameters = parameters
    }
  }

  public init(settings: [JSON.Member] = [], agents: [AgentName: AgentBirthRules] = [:]) {
    self.settings = settings
    self.agents = agents
  }

  static let size = "size_usd"

  /// Does any strategy of this program have such a setting?
  public static func isKnown(_ key: String) -> Bool {
    key == size || StrategyRegistry.kinds.contains { $0.parameters.contains { $0.key.path == key } }
  }

  /// The agent as it shall be in the replay. Equal to `birth` when nothing of it changes.
  public func applied(to birth: AgentBirth) throws(StrategyParameters.Refusal) -> AgentBirth {
    var changed = birth
    if let file = agents[birth.name] {
      guard file.strategy == birth.strategy else {
        throw StrategyParameters.Refusal(problems: [
          "\(birth.name) ran \(birth.strategy), not \(file.strategy): another strategy is for floor backtest"
        ])
      }
      changed.parameters = file.parameters
    }
    let kind = StrategyRegistry.kind(birth.strategy)
    for setting in settings {
      if setting.key == ReplayChange.size {
        guard let size = setting.value.usd, size > .zero else {
          throw StrategyParameters.Refusal(problems: ["size_usd takes an amount of dollars above 0"])
        }
        changed.size = size
      } else if kind?.parameters.contains(where: { $0.key.path == setting.key }) ?? false {
        changed.parameters = changed.parameters.with(setting.key, setting.value)
      }
    }
    guard let kind else { return changed }
    // Written in another way is no change.
    let old = try StrategyParameters(kind, birth.parameters, size: birth.size)
    let new = try StrategyParameters(kind, changed.parameters, size: changed.size)
    return old == new ? birth : changed
  }
}
