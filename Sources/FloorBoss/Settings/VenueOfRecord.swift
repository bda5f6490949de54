import FloorIOData
import Shared

/// Whose trades stand in a state directory's record: written at the first start, and from then on another venue or other money is refused.
/// Two venues in one ledger would settle each other's markets, and play money beside real money would make every report a lie.
enum VenueOfRecord {
  private static func path(_ stateDirectory: String) -> String { stateDirectory + "/venue-of-record" }

  /// `sim paper`, `polymarket paper`, `polymarket live`.
  private static func name(_ settings: BossSettings) -> String {
    (settings.figures.isVenueSimulated ? "sim" : "polymarket") + (settings.figures.isPaper ? " paper" : " live")
  }

  static func problems(_ settings: BossSettings) -> [ConfigProblem] {
    let path = path(settings.arguments.stateDirectory)
    guard SmallFile.exists(path) else { return [] }
    do {
      let known = String(decoding: try SmallFile.read(path, bytesMax: 100), as: UTF8.self)
      guard known != name(settings) else { return [] }
      return [
        settings.config.problem(
          "venue", "makes this floor \(name(settings)), and the record of this state directory is \(known)",
          "give the other floor an instance of its own (scripts/run --instance NAME), or keep \(known)")
      ]
    } catch {
      return [settings.config.problem("venue", "cannot be compared with \(path): \(error)", "make the file readable")]
    }
  }

  /// Takes down whose record begins here. Throws when the disk does not take it.
  static func note(_ settings: BossSettings) throws {
    let path = path(settings.arguments.stateDirectory)
    if !SmallFile.exists(path) { try AtomicFile.write(Array(name(settings).utf8), to: path) }
  }
}
