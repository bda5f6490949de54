import Foundation

/// The project's own text files, as git would list them, read once.
struct SourceTree {
  struct File: Sendable, CustomStringConvertible {
    let path: String
    let text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var description: String { path }
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let files: [File] = {
    let skipped: Set<String> = [".build", ".git", "var", "__pycache__", ".swiftpm"]
    var files: [File] = []
    func visit(_ folder: URL, _ prefix: String) {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      for name in entries.sorted() where !skipped.contains(name) {
        let url = folder.appending(path: name)
        let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
        if isFolder {
          visit(url, prefix + name + "/")
        } else if let text = try? String(contentsOf: url, encoding: .utf8) {
          files.append(File(path: prefix + name, text: text))
        }
      }
    }
    visit(root, "")
    return files
  }()

  static func swift(under prefix: String) -> [File] {
    files.filter { $0.path.hasPrefix(prefix) && $0.path.hasSuffix(".swift") }
  }

  /// `path:line: text` of every line that the predicate picks.
  static func findings(_ files: [File], _ isBad: (Substring) -> Bool) -> [String] {
    files.flatMap { file in
      file.lines.enumerated().filter { isBad($0.element) }.map { "\(file.path):\($0.offset + 1): \($0.element)" }
    }
  }
}
