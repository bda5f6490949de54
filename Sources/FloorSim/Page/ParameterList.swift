import Shared

/// An agent's parameters in full, beside the built-in ones.
struct ParameterList {
  struct Setting {
    let name: String
    let value: String
    let builtIn: String
  }

  let settings: [Setting]

  init(_ agent: BacktestReport.Agent) {
    guard let kind = StrategyRegistry.kind(agent.strategy) else {
      settings = ParameterList.given(agent.parameters)
      return
    }
    do {
      let all = try StrategyParameters(kind, agent.parameters, size: agent.size).json(of: kind)
      settings = kind.parameters.map { parameter in
        Setting(
          name: parameter.key.path, value: all[parameter.key.path].map(ParameterList.text) ?? "",
          builtIn: parameter.key.builtIn.map { ParameterList.text($0.json) } ?? "")
      }
    } catch {
      // No run gets here with them; what was given is still what can be said.
      settings = ParameterList.given(agent.parameters)
    }
  }

  private static func given(_ parameters: JSON) -> [Setting] {
    (parameters.members ?? []).map { Setting(name: $0.key, value: text($0.value), builtIn: "") }
  }

  /// A value as a person writes it.
  static func text(_ value: JSON) -> String {
    switch value {
    case .string(let text), .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .array(let items): items.map(text).joined(separator: ", ")
    case .null, .object: value.text
    }
  }
}
