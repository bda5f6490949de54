import FloorIOData
import Shared

/// What an agent needs of its birth document: `configuration.agent {name, strategy, series, events, size_usd, parameters}` and the secret
/// `intent_secret`. All problems come in one refusal.
struct AgentSettings {
  let name: AgentName
  let strategyName: String
  let strategy: any Strategy
  let series: [MarketSeries]
  let events: [EventName]
  /// Dollars to spend on one entry.
  let size: USD
  /// The strategy's parameters, complete.
  let parameters: JSON
  let secret: IntentSecret

  init(_ birth: BirthDocument) throws(FloorFailure) {
    var problems: [String] = []
    let agent = birth.configuration["agent"]
    let name = agent?["name"]?.string.flatMap { AgentName($0) }
    if name == nil { problems.append("agent.name is missing or no agent's name") }
    var series: [MarketSeries] = []
    for item in agent?["series"]?.array ?? [] {
      // Written in either case: `btc-5m` in files, `BTC-5m` in messages.
      if let text = item.string, let one = AgentSettings.series(text) {
        series.append(one)
      } else {
        problems.append("agent.series: \(item.text) is no series of contracts")
      }
    }
    var events: [EventName] = []
    for item in agent?["events"]?.array ?? [] {
      if let one = item.string.flatMap({ EventName($0) }) {
        events.append(one)
      } else {
        problems.append("agent.events: \(item.text) names no event market")
      }
    }
    if series.isEmpty, events.isEmpty { problems.append("agent.series and agent.events name no market") }
    let size = agent?["size_usd"]?.usd
    if size == nil { problems.append("agent.size_usd is missing or no amount") }
    let strategyName = agent?["strategy"]?.string ?? ""
    let given = agent?["parameters"] ?? .object([])
    var strategy: (any Strategy)?
    var parameters = given
    do throws(StrategyParameters.Refusal) {
      strategy = try StrategyRegistry.make(strategyName, parameters: given, size: size ?? USD(dollars: 1))
      if let kind = StrategyRegistry.kind(strategyName), let size {
        parameters = try StrategyParameters(kind, given, size: size).json(of: kind)
      }
    } catch {
      problems += error.problems
    }
    if StrategyRegistry.kind(strategyName)?.playMoneyOnly == true, birth.configuration["mode"]?.string != "paper" {
      problems.append("agent.strategy: \(strategyName) trades play money only, and the floor's mode is not paper")
    }
    let secret = birth.secrets["intent_secret"].flatMap { IntentSecret(hex: $0.reveal()) }
    if secret == nil { problems.append("the secret intent_secret is missing or not 32 hex digits") }
    guard problems.isEmpty, let name, let strategy, let size, let secret else {
      throw FloorFailure(.configuration, "birth document: " + problems.joined(separator: "; "))
    }
    self.name = name
    self.strategyName = strategyName
    self.strategy = strategy
    self.series = series
    self.events = events
    self.size = size
    self.parameters = parameters
    self.secret = secret
  }

  private static func series(_ text: String) -> MarketSeries? {
    guard let dash = text.lastIndex(of: "-") else { return nil }
    return MarketSeries(alias: text[..<dash].uppercased() + text[dash...].lowercased())
  }
}
