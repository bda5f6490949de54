import Shared

/// Where the venue is: the configured addresses, and for those left empty the venue's own. Pure.
struct VenueEndpoints {
  private let configuration: JSON
  private let isSimulated: Bool
  private let simulatedPort: Int64

  init(_ reader: ConfigReader, _ configuration: JSON) throws {
    self.configuration = configuration
    isSimulated = try reader.text("venue") == "sim"
    simulatedPort = try reader.whole("sim.port")
  }

  /// The section `endpoints`, complete. The live venue's addresses: protocol document, sections 1, 2, 4 and 5.1.
  var section: JSON {
    let http = "http://127.0.0.1:\(simulatedPort)"
    let socket = "ws://127.0.0.1:\(simulatedPort)"
    let venues: [(key: String, simulated: String, live: String)] = [
      ("gamma_url", http, "https://gamma-api.polymarket.com"),
      ("clob_url", http, "https://clob.polymarket.com"),
      ("data_url", http, "https://data-api.polymarket.com"),
      ("market_ws_url", socket + "/ws/market", "wss://ws-subscriptions-clob.polymarket.com/ws/market"),
      ("user_ws_url", socket + "/ws/user", "wss://ws-subscriptions-clob.polymarket.com/ws/user"),
      ("reference_ws_url", socket + "/rtds", "wss://ws-live-data.polymarket.com"),
    ]
    var section: JSON = [:]
    for venue in venues {
      let configured = configuration["endpoints"]?[venue.key]?.string ?? ""
      section = section.with(
        venue.key, .string(!configured.isEmpty ? configured : isSimulated ? venue.simulated : venue.live))
    }
    return isSimulated ? section.with("clock_url", .string(http + "/sim/clock")) : section
  }
}
