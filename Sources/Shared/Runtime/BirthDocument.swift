/// What the boss tells a child in the one line of JSON on its birth pipe: who it is, where it lives, what it may know. A child reads
/// no configuration file and no environment (docs/decisions/0002-birth-document.md).
///
/// Keys: `process`, `instance`, `state_directory`, `run_directory`, `epoch`, `boot`, `lifeline`, `configuration`, `secrets`.
/// Unknown keys are refused: a boss and a child of different builds must not guess.
public struct BirthDocument: Sendable {
  /// The process's name on the floor: `order-gateway`, `agent-momentum-1`. Letters, digits and `-`; a file and socket name.
  public let process: String
  /// The floor's instance, `floor` by default.
  public let instance: String
  /// Absolute path of the instance's state directory.
  public let stateDirectory: String
  /// Absolute path of the short 0700 directory that holds the sockets.
  public let runDirectory: String
  public let epoch: Epoch
  /// Names this incarnation: `seq` in messages counts per (source, boot, channel).
  public let boot: String
  /// The birth pipe stays open, and its end-of-file means that the boss is gone.
  public let lifeline: Bool
  /// What the process needs of the resolved configuration; its shape belongs to the process.
  public let configuration: JSON
  public let secrets: [String: Secret]

  public init(
    process: String, instance: String = "floor", stateDirectory: String, runDirectory: String, epoch: Epoch,
    boot: String,
    lifeline: Bool = false, configuration: JSON = .object([]), secrets: [String: Secret] = [:]
  ) {
    self.process = process
    self.instance = instance
    self.stateDirectory = stateDirectory
    self.runDirectory = runDirectory
    self.epoch = epoch
    self.boot = boot
    self.lifeline = lifeline
    self.configuration = configuration
    self.secrets = secrets
  }

  /// What is wrong with a birth document. Never carries a value: it may be a secret.
  public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// Longest document accepted, in bytes.
  public static let bytesMax = 1 << 20

  public init(parsing line: [UInt8]) throws(Problem) {
    let document: JSON
    do {
      document = try JSON.parse(line, limits: JSONLimits(bytes: BirthDocument.bytesMax))
    } catch {
      throw Problem(description: "birth document: \(error)")
    }
    guard let members = document.members else { throw Problem(description: "birth document: not an object") }
    for member in members where !BirthDocument.keys.contains(member.key) {
      throw Problem(description: "birth document: unknown key \(member.key)")
    }
    func text(_ key: String) throws(Problem) -> String {
      guard let value = document[key]?.string, !value.isEmpty else {
        throw Problem(description: "birth document: \(key) is missing or no text")
      }
      return value
    }
    process = try text("process")
    guard BirthDocument.isName(process) else { throw Problem(description: "birth document: process is no legal name") }
    instance = try text("instance")
    guard BirthDocument.isName(instance) else {
      throw Problem(description: "birth document: instance is no legal name")
    }
    stateDirectory = try text("state_directory")
    runDirectory = try text("run_directory")
    guard stateDirectory.hasPrefix("/"), runDirectory.hasPrefix("/") else {
      throw Problem(description: "birth document: directories must be absolute paths")
    }
    boot = try text("boot")
    guard let number = document["epoch"]?.int, number >= 0 else {
      throw Problem(description: "birth document: epoch is missing or no whole number")
    }
    epoch = Epoch(number)
    lifeline = document["lifeline"]?.bool ?? false
    configuration = document["configuration"] ?? .object([])
    var secrets: [String: Secret] = [:]
    if let given = document["secrets"] {
      guard let members = given.members else { throw Problem(description: "birth document: secrets is no object") }
      for member in members {
        guard let value = member.value.string else {
          throw Problem(description: "birth document: secret \(member.key) is no text")
        }
        secrets[member.key] = Secret(value)
      }
    }
    self.secrets = secrets
  }

  /// The line for the birth pipe, without its newline. This is where the secrets leave their type.
  public var line: [UInt8] {
    let revealed = secrets.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value.reveal())) }
    let document: JSON = [
      "process": .string(process), "instance": .string(instance), "state_directory": .string(stateDirectory),
      "run_directory": .string(runDirectory), "epoch": .int(epoch.number), "boot": .string(boot),
      "lifeline": .bool(lifeline),
      "configuration": configuration, "secrets": .object(revealed),
    ]
    return document.bytes
  }

  /// `[a-z0-9-]{1,60}`: safe as a file name, a socket name and a Redis key.
  public static func isName(_ text: String) -> Bool {
    (1...60).contains(text.utf8.count)
      && text.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == UInt8(ascii: "-") }
  }

  private static let keys: Set<String> = [
    "process", "instance", "state_directory", "run_directory", "epoch", "boot", "lifeline", "configuration", "secrets",
  ]
}
