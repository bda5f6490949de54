import Foundation

/// The programs built together with these tests.
public enum Products {
  /// The path of a program of the package, in the same build configuration as the running tests.
  public static func path(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var candidates = [URL(filePath: own).deletingLastPathComponent().path]
    // A test helper of the toolchain runs the tests: then the build folder is found from the test bundle among the arguments.
    candidates += CommandLine.arguments.filter { $0.contains(".xctest") }.map {
      URL(filePath: $0).deletingLastPathComponent().path
    }
    for directory in candidates {
      let path = directory + "/" + name
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    throw DeadlinePassed(description: "\(name) is not built beside the tests (looked in \(candidates))")
  }
}
