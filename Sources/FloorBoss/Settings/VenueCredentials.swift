import FloorIOData
import Shared

/// The wallet and API keys of the floor's account. The simulated venue writes them at its first start; for the real venue the operator
/// puts the file there.
enum VenueCredentials {
  /// - Throws: while the file is not there, is not whole, or may be read by others.
  static func read(_ settings: BossSettings) throws -> JSON {
    let folder = settings.arguments.stateDirectory
    let simulated = try settings.reader.text("venue") == "sim"
    let path = folder + (simulated ? "/venue/credentials.json" : "/etc/venue.json")
    try SecretsFile.checkMode(path)
    return try JSON.parse(try SmallFile.read(path, bytesMax: 1 << 16))
  }
}
