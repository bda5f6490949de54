/// Who an agent was in one of its lives: all that, with what it was given, makes its decisions.
public struct AgentBirth: Hashable, Sendable {
  public var name: AgentName
  public var epoch: Epoch
  public var strategy: String
  public var series: [MarketSeries]
  public var events: [EventName]
  /// Dollars it might spend on one entry, after the floor's limits.
  public var size: USD
  /// The strategy's parameters, complete: another program's own values do not count.
  public var parameters: JSON
  /// The program that decided.
  public var build: String

  public init(
    name: AgentName, epoch: Epoch, strategy: String, series: [MarketSeries], events: [EventName] = [], size: USD,
    parameters: JSON, build: String
  ) {
    self.name = name
    self.epoch = epoch
    self.strategy = strategy
    self.series = series
    self.events = events
    self.size = size
    self.parameters = parameters
    self.build = build
  }

  public var json: JSON {
    [
      "name": .text(name), "epoch": .int(epoch.number), "strategy": .string(strategy),
      "series": .array(series.map { .string($0.alias) }), "events": .array(events.map { .string($0.text) }),
      "size_usd": .text(size), "parameters": parameters,
      "build": .string(build),
    ]
  }

  public init(_ json: JSON) throws(MessageError) {
    let fields = try MessageFields(json, prefix: "birth")
    name = try fields.identifier("name")
    epoch = Epoch(try fields.int("epoch"))
    strategy = try fields.string("strategy")
    series = []
    for item in try fields.value("series").array ?? [] {
      guard let one = item.string.flatMap({ MarketSeries(alias: $0) }) else { throw fields.invalid("series") }
      series.append(one)
    }
    // Lives of earlier versions name none.
    events = []
    for item in json["events"]?.array ?? [] {
      guard let one = item.string.flatMap({ EventName($0) }) else { throw fields.invalid("events") }
      events.append(one)
    }
    size = try fields.usd("size_usd")
    parameters = try fields.value("parameters")
    build = try fields.string("build")
  }

  /// The agent as it was born: nothing was given to it yet.
  public func core() throws(StrategyParameters.Refusal) -> AgentCore {
    AgentCore(
      identity: .init(name: name, strategy: strategy, epoch: epoch, series: series, events: events),
      strategy: try StrategyRegistry.make(strategy, parameters: parameters, size: size))
  }
}
