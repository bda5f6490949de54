import CLinux
import Glibc
import Shared

/// `<state>/etc/secrets.yaml`: the passwords of the floor's roles, `database_<role>` and `bus_<role>`, made once by set-up.
public enum SecretsFile {
  /// Reads it. Throws when others could read it too, when it belongs to someone else (root may read anyone's), or when it is no
  /// plain file.
  public static func read(_ path: String) throws -> [String: Secret] {
    try checkMode(path)
    let tree: ConfigNode
    do { tree = try YAMLTree.read(path) } catch let problem as YAMLTree.Problem {
      throw FloorFailure(
        .configuration, "\(path), \(problem): restore it, or delete it and set up again (new passwords are made then)")
    }
    let layer = ConfigLayer(name: "secrets", file: path, tree: tree)
    var values: [String: Secret] = [:]
    for setting in layer.settings { values[setting.path] = Secret(setting.content.text) }
    return values
  }

  /// As `read`; nothing where there is no such file, or it is another user's. A damaged file still throws.
  public static func readIfOurs(_ path: String) throws -> [String: Secret] {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if [ENOENT, ENOTDIR, EACCES].contains(errno) { return [:] }
      throw SystemError("stat", errno, path)
    }
    guard status.st_uid == geteuid() || geteuid() == 0 else { return [:] }
    return try read(path)
  }

  /// Is it a plain file that nobody but its owner can read, and are we the owner (or root)?
  public static func checkMode(_ path: String) throws {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw SystemError("stat", errno, path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FloorFailure(.configuration, "\(path) is no plain file") }
    guard status.st_uid == geteuid() || geteuid() == 0 else {
      throw FloorFailure(.configuration, "\(path) belongs to another user")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw FloorFailure(.configuration, "others may read \(path): chmod 600")
    }
  }
}
