import FloorIOData
import Shared

/// The wallet and API keys of the floor's account. The simulated venue writes them at its first start; for the real venue the operator
/// puts the file there.
enum VenueCredentials {
  private static let wallet = ["private_key", "address"]
  private static let apiKey = ["api_key", "secret", "passphrase"]

  /// What is wrong with the real venue's file. The simulated venue makes its own. Paper needs the file for PolyBolt only, and no wallet in it.
  static func problems(_ settings: BossSettings) -> [ConfigProblem] {
    let trades = settings.figures.needsCredentials
    guard settings.config.value("venue") == .text("polymarket"),
      trades || settings.config.value("market.polybolt") == .flag(true)
    else { return [] }
    let needed = (trades ? wallet : []) + apiKey
    let path = settings.arguments.stateDirectory + "/etc/venue.json"
    let shape = "{" + needed.map { "\"\($0)\": …" }.joined(separator: ", ") + "}"
    do {
      try SecretsFile.checkMode(path)
      let json = try JSON.parse(try SmallFile.read(path, bytesMax: 1 << 16))
      return needed.filter { json[$0]?.string?.isEmpty ?? true }.map {
        ConfigProblem(path, key: $0, value: nil, "is missing", remedy: "write it into the file: \(shape)")
      }
    } catch {
      return [
        ConfigProblem(
          path, key: nil, value: nil, "cannot be used: \(error)",
          remedy: "put the wallet and API keys there, mode 600: \(shape)")
      ]
    }
  }

  /// The API key without the wallet: what PolyBolt wants, and nothing that could sign an order.
  static func readKey(_ settings: BossSettings) throws -> JSON {
    let whole = try read(settings)
    return .object(apiKey.map { .init($0, whole[$0] ?? .null) })
  }

  /// - Throws: while the file is not there, is not whole, or may be read by others.
  static func read(_ settings: BossSettings) throws -> JSON {
    let folder = settings.arguments.stateDirectory
    let path = folder + (settings.figures.isVenueSimulated ? "/venue/credentials.json" : "/etc/venue.json")
    try SecretsFile.checkMode(path)
    return try JSON.parse(try SmallFile.read(path, bytesMax: 1 << 16))
  }
}
