import FloorIOData
import Glibc
import Shared

/// The passwords of the floor's roles, from `<state>/etc/secrets.yaml` (made by set-up: `database_<role>`, `bus_<role>`). The file must be
/// readable by its owner only.
struct Secrets {
  private let values: [String: Secret]

  /// Reads the file. Everything wrong with it comes as problems, so that it is told together with the rest of the configuration.
  static func read(stateDirectory: String, needed: [String]) -> (secrets: Secrets, problems: [ConfigProblem]) {
    let path = stateDirectory + "/etc/secrets.yaml"
    var values: [String: Secret] = [:]
    var problems: [ConfigProblem] = []
    do {
      try checkMode(path)
      let layer = ConfigLayer(name: "secrets", file: path, tree: try YAMLTree.read(path))
      for setting in layer.settings { values[setting.path] = Secret(setting.content.text) }
    } catch {
      problems.append(
        ConfigProblem(
          path, key: nil, value: nil, "cannot be used: \(error)",
          remedy: "make it with scripts/run, owned by the floor's user, mode 600"))
      return (Secrets(values: [:]), problems)
    }
    for name in needed where values[name]?.isEmpty ?? true {
      problems.append(
        ConfigProblem(
          path, key: name, value: nil, "is missing", remedy: "remove the file and let scripts/run make it again"))
    }
    return (Secrets(values: values), problems)
  }

  subscript(name: String) -> Secret? { values[name] }

  static func checkMode(_ path: String) throws {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw SystemError("stat", errno, path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FloorFailure(.configuration, "it is no plain file") }
    guard status.st_uid == geteuid() else { throw FloorFailure(.configuration, "it belongs to another user") }
    guard status.st_mode & 0o077 == 0 else {
      throw FloorFailure(.configuration, "others may read it: chmod 600")
    }
  }
}
