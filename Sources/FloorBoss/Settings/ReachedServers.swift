import FloorIOData
import Glibc
import Shared

/// Addresses of servers that have answered this floor, kept in `<state>/etc/reached.json`: what is away there later is an outage, and no
/// mistake of the configuration.
struct ReachedServers: Hashable {
  var postgres = ""
  var redis = ""

  private static func path(_ state: String) -> String { state + "/etc/reached.json" }

  /// A file that is not there or not readable means that nothing is known.
  static func read(stateDirectory: String) -> ReachedServers {
    do {
      let json = try JSON.parse(try SmallFile.read(path(stateDirectory), bytesMax: 1 << 16))
      return ReachedServers(postgres: json["postgres"]?.string ?? "", redis: json["redis"]?.string ?? "")
    } catch {
      return ReachedServers()
    }
  }

  func write(stateDirectory: String) throws {
    let json: JSON = ["postgres": .string(postgres), "redis": .string(redis)]
    try AtomicFile.write(json.bytes + [0x0A], to: ReachedServers.path(stateDirectory))
  }
}
