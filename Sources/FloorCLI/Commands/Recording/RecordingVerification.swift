import FloorIOVenue
import Shared

/// `floor recording verify`.
enum RecordingVerification {
  static func run(_ paths: [String], _ instance: Instance) throws -> ExitCode {
    var problems: [(path: String, text: String)] = []
    var frames = 0
    for path in paths {
      let file = try RecordingCommand.open(path)
      var check = RecordingCheck()
      file.onDamage = { line, why in problems.append((path, "line \(line): not one of a recording: \(why)")) }
      while let frame = try file.next() { check.take(frame) }
      frames += check.frames
      for problem in check.problems { problems.append((path, problem.description)) }
      for (kind, count) in check.untold.sorted(by: { $0.key < $1.key }) {
        problems.append((path, "\(count) more problems of this kind: \(kind)"))
      }
      if file.reading.damagedLines == 0, let damage = file.reading.lastDamage {
        problems.append((path, "compression or check sum damaged \(damage): everything behind it is lost"))
      } else if !file.reading.isEnded {
        problems.append(
          (
            path,
            "no proper end behind frame \(check.frames): its writer was killed, still writes, or the file is cut off"
          ))
      }
    }
    if instance.isJSON {
      let answer: JSON = [
        "whole": .bool(problems.isEmpty), "files": .int(paths.count), "frames": .int(frames),
        "problems": .array(problems.map { ["file": .string($0.path), "problem": .string($0.text)] }),
      ]
      print(answer.text)
    } else {
      for problem in problems { print("\(problem.path): \(Table.plain(problem.text))") }
      if problems.isEmpty { print("whole: \(paths.count) files, \(frames) frames") }
    }
    return problems.isEmpty ? .done : .refused
  }
}
