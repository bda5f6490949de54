import FloorIOData
import Glibc
import Shared

/// `floor config check`: asks the very program that will read the configuration.
enum ConfigCommand {
  static let command = FloorCommand(
    name: "config", summary: "check configuration, agents and secrets; all problems at once",
    usage: "check [--config FILE] [--profile NAME] [--set KEY=VALUE]…", options: ["config", "profile", "set"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard try line.oneWord("check") == "check" else { throw FloorFailure(.usage, "give check") }
    let boss = try Siblings.path("floor-boss")
    let file = Instance.absolute(line.option("config") ?? instance.stateDirectory + "/share/config/floor.yaml")
    var arguments = [
      "--check", "--config", file, "--state", instance.stateDirectory, "--run", instance.runDirectory ?? "/tmp",
      "--instance", instance.name,
    ]
    if let profile = line.option("profile") { arguments += ["--profile", profile] }
    for pair in line.every("set") { arguments += ["--set", pair] }
    let output = try Command.run(boss, arguments, timeout: .seconds(30))
    print(output.text, terminator: output.text.hasSuffix("\n") ? "" : "\n")
    if case .code(let number) = output.status { return ExitCode(rawValue: number) ?? .broken }
    return .broken
  }
}

/// The floor's other programs, installed beside this one.
enum Siblings {
  static func path(_ name: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBufferPointer {
      unsafe readlink("/proc/self/exe", $0.baseAddress!, $0.count)
    }
    guard count > 0 else { throw FloorFailure(.broken, "/proc/self/exe cannot be read") }
    let own = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = own.prefix(upTo: own.lastIndex(of: "/") ?? own.endIndex) + "/" + name
    guard unsafe access(String(path), X_OK) == 0 else {
      throw FloorFailure(.unavailable, "\(name) is not beside this program (\(path))")
    }
    return String(path)
  }
}
