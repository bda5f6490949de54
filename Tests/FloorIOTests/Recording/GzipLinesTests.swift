import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Testing

@Suite("Packed lines") struct GzipLinesTests {
  private func write(_ text: String, packed: Bool, in directory: TemporaryDirectory) throws -> String {
    let path = directory.path + "/lines"
    try Data(text.utf8).write(to: URL(filePath: path))
    guard packed else { return path }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", path]
    try process.run()
    process.waitUntilExit()
    return path + ".gz"
  }

  private func read(_ path: String) throws -> [String] {
    let reader = try GzipLines(path: path)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }

  @Test(
    "lines come out as they went in, packed or plain, also long ones and a last one without an end",
    arguments: [true, false])
  func reads(packed: Bool) throws {
    let directory = try TemporaryDirectory()
    let lines = ["first", "", String(repeating: "x", count: 300_000), "last"]
    let path = try write(lines.joined(separator: "\n"), packed: packed, in: directory)
    #expect(try read(path) == lines)
  }

  @Test("a file cut short is an error, not an end")
  func truncated() throws {
    let directory = try TemporaryDirectory()
    let text = (0..<20_000).map { "\($0 &* 2_654_435_761)" }.joined(separator: "\n")
    let path = try write(text, packed: true, in: directory)
    let whole = try Data(contentsOf: URL(filePath: path))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
    #expect(throws: SystemError.self) { try read(path) }
    #expect(throws: SystemError.self) { try GzipLines(path: directory.path + "/absent") }
  }
}
