import FloorIOData
import Shared

/// The wallet and API keys of the floor's account. The simulated venue writes them at its first start; for the real venue the operator
/// puts the file there.
enum VenueCredentials {
  private static let needed = ["private_key", "address", "api_key", "secret", "passphrase"]

  /// What is wrong with the real venue's file. The simulated venue makes its own.
  static func problems(_ settings: BossSettings) -> [ConfigProblem] {
    guard settings.config.value("venue") == .text("polymarket"), settings.figures.needsCredentials else { return [] }
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

  /// - Throws: while the file is not there, is not whole, or may be read by others.
  static func read(_ settings: BossSettings) throws -> JSON {
    let folder = settings.arguments.stateDirectory
    let path = folder + (settings.figures.isVenueSimulated ? "/venue/credentials.json" : "/etc/venue.json")
    try SecretsFile.checkMode(path)
    return try JSON.parse(try SmallFile.read(path, bytesMax: 1 << 16))
  }
}
