import Shared

/// How a process keeps its journal: `replay.*` and `disk.reduce_only_free_pct` of the effective configuration.
public struct JournalSettings: Hashable, Sendable {
  /// `<state>/replay`.
  public var directory: String
  public var isOn: Bool
  /// Of all journal files together.
  public var bytesMax: Int64
  /// Days that are kept, today's among them.
  public var days: Int64
  /// Millionths of a per cent of the disk that nobody but the record may take.
  public var freeMinMicros: Int64

  public init(
    directory: String, isOn: Bool = true, bytesMax: Int64 = 4_096_000_000, days: Int64 = 7,
    freeMinMicros: Int64 = 5_000_000
  ) {
    self.directory = directory
    self.isOn = isOn
    self.bytesMax = bytesMax
    self.days = days
    self.freeMinMicros = freeMinMicros
  }

  /// What the configuration does not name has the schema's own value.
  public init(_ birth: BirthDocument) {
    self.init(directory: JournalSettings.directory(stateDirectory: birth.stateDirectory))
    let journal = birth.configuration["replay"]
    isOn = journal?["record"]?.bool ?? isOn
    bytesMax = journal?["max_mb"]?.int.map { $0 * 1_000_000 } ?? bytesMax
    days = journal?["keep_days"]?.int ?? days
    freeMinMicros = birth.configuration["disk"]?["reduce_only_free_pct"]?.usd?.micros ?? freeMinMicros
  }

  public static func directory(stateDirectory: String) -> String { stateDirectory + "/replay" }
}
