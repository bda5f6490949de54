import Foundation
import Shared
import Testing

@testable import FloorIOData

@Suite struct FolderWatchTests {
  @Test("what is appended, made or renamed in the folder is told; nothing is told while nothing happens")
  func changes() throws {
    let directory = ScratchDirectory()
    let path = directory.path + "/a.log"
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let loop = try EventLoop()
    let watch = try FolderWatch(loop: loop, folder: directory.path)
    var told = 0
    watch.onChange = { told += 1 }
    #expect(try !loop.turn(until: { told > 0 }, limit: .milliseconds(50)))
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.write(contentsOf: Data("line\n".utf8))
    #expect(try loop.turn(until: { told == 1 }, limit: .seconds(5)))
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    #expect(try loop.turn(until: { told == 2 }, limit: .seconds(5)))
    watch.close()
    try file.write(contentsOf: Data("unheard\n".utf8))
    #expect(try !loop.turn(until: { told > 2 }, limit: .milliseconds(50)))
  }

  @Test("a folder that is not there is an error") func missing() throws {
    let loop = try EventLoop()
    #expect(throws: SystemError.self) { _ = try FolderWatch(loop: loop, folder: "/nowhere/at/all") }
  }
}
