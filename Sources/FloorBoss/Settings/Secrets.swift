import FloorIOData
import Shared

/// The passwords of the floor's roles, from `<state>/etc/secrets.yaml` with the check that
/// all that are needed are there.
struct Secrets {
  private let values: [String: Secret]

  /// Reads the file. Everything wrong with it comes as problems, so that it is told together with the rest of the configuration.
  static func read(stateDirectory: String, needed: [String]) -> (secrets: Secrets, problems: [ConfigProblem]) {
    let path = stateDirectory + "/etc/secrets.yaml"
    var values: [String: Secret] = [:]
    var problems: [ConfigProblem] = []
    do {
      values = try SecretsFile.read(path)
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
}
