/// Where the venue's services are. One simulated venue serves them all on one loopback port.
public struct VenueEndpoints: Hashable, Sendable {
  public let gamma: String
  public let clob: String
  public let data: String
  public let marketStream: String
  public let userStream: String
  public let referenceStream: String
  public let polyboltStream: String
  /// Where the market clock is published; `nil` at the live venue, whose clock is the wall.
  public let clock: String?
  /// PEM file of the authorities whose certificates secure addresses must show; `nil` when no address is secure.
  public let authorities: String?

  public static let paths = [
    "endpoints.gamma_url", "endpoints.clob_url", "endpoints.data_url", "endpoints.market_ws_url",
    "endpoints.user_ws_url", "endpoints.reference_ws_url", "endpoints.polybolt_ws_url",
  ]

  /// The venue's own addresses, each replaced by the configured one where there is one.
  /// Real hosts: docs/architecture.md section 10; checked 2026-11-20.
  public init(_ config: ConfigReader) throws(ConfigReadError) {
    func chosen(_ path: String, _ usual: String) throws(ConfigReadError) -> String {
      let written = try config.text(path)
      return written.isEmpty ? usual : written
    }
    let simulated = try config.text("venue") == "sim"
    let port = try config.whole("sim.port")
    let http = "http://127.0.0.1:\(port)"
    let stream = "ws://127.0.0.1:\(port)"
    let streams = simulated ? stream : "wss://ws-subscriptions-clob.polymarket.com"
    gamma = try chosen("endpoints.gamma_url", simulated ? http : "https://gamma-api.polymarket.com")
    clob = try chosen("endpoints.clob_url", simulated ? http : "https://clob.polymarket.com")
    data = try chosen("endpoints.data_url", simulated ? http : "https://data-api.polymarket.com")
    marketStream = try chosen("endpoints.market_ws_url", streams + "/ws/market")
    userStream = try chosen("endpoints.user_ws_url", streams + "/ws/user")
    referenceStream = try chosen(
      "endpoints.reference_ws_url", simulated ? stream + "/rtds" : "wss://ws-live-data.polymarket.com")
    polyboltStream = try chosen(
      "endpoints.polybolt_ws_url", simulated ? stream + "/ws" : "wss://ws-live-v2.polymarket.com/ws")
    clock = simulated ? clob + "/sim/clock" : nil
    let file = try config.text("endpoints.authorities_file")
    let all = [gamma, clob, data, marketStream, userStream, referenceStream, polyboltStream]
    authorities = all.contains { $0.hasPrefix("https:") || $0.hasPrefix("wss:") } ? file : nil
  }

  /// As the configuration's section `endpoints`, complete; with `clock_url` where the venue has a clock of its own.
  public var json: JSON {
    let section: JSON = [
      "authorities_file": .string(authorities ?? ""),
      "gamma_url": .string(gamma), "clob_url": .string(clob), "data_url": .string(data),
      "market_ws_url": .string(marketStream), "user_ws_url": .string(userStream),
      "reference_ws_url": .string(referenceStream), "polybolt_ws_url": .string(polyboltStream),
    ]
    return clock.map { section.with("clock_url", .string($0)) } ?? section
  }

  /// The addresses in the order of `paths`.
  public var inOrder: [String] { [gamma, clob, data, marketStream, userStream, referenceStream, polyboltStream] }

  /// Host and port behind an address, its scheme's own port where it names none; `nil` when it is no such address.
  public static func target(of address: String) -> (host: String, port: Int)? {
    guard let scheme = address.firstRange(of: "://") else { return nil }
    let isSecure = address.hasPrefix("https") || address.hasPrefix("wss")
    let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    var host = authority
    var port = isSecure ? 443 : 80
    if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
      guard let number = Int(authority[authority.index(after: colon)...]) else { return nil }
      port = number
      host = authority[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), port)
  }

  /// Whether an address stays on this machine. An empty one does.
  static func isLoopback(_ address: String) -> Bool {
    guard let scheme = address.firstRange(of: "://") else { return address.isEmpty }
    let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // `user@host` would show one host and reach another.
    guard !authority.contains("@") else { return false }
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    return host == "127.0.0.1" || host == "localhost" || host == "[::1]"
  }
}
