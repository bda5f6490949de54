import FloorIOData
import Shared

/// `floor audit verify`: the audit chain from its first entry, against the heads that were noted outside the database.
enum AuditCommand {
  static let command = FloorCommand(
    name: "audit", summary: "verify the audit log: every link, and the heads noted outside the database",
    usage: "verify [--heads FILE] [--json]",
    details: """
      Recomputes the hash of every row of audit_log and compares the chain with the heads that the auditor notes in STATE/audit-heads.
      A copy of that file kept elsewhere (--heads) shows a record that was rewritten together with this machine's files.
      Exit status 0: whole. 1: broken; the first fault is named.
      """, options: ["heads"], run: run)

  private static let batch: Int64 = 5000

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard try line.oneWord("verify") == "verify" else { throw FloorFailure(.usage, "give verify") }
    let path = line.option("heads").map(Instance.absolute) ?? AuditHeads.path(stateDirectory: instance.stateDirectory)
    if line.option("heads") != nil, !SmallFile.exists(path) { throw FloorFailure(.usage, "\(path) is not there") }
    let heads = try AuditHeads.read(path)
    let database = try instance.openDatabase()
    var chain = AuditChain()
    var fault: AuditChain.Fault?
    do {
      try verify(&chain, heads, database)
    } catch let found as AuditChain.Fault {
      fault = found
    }
    let head = AuditEntryReader.hex(chain.hash)
    if instance.isJSON {
      let answer: JSON = [
        "whole": .bool(fault == nil), "entries": .int(chain.seq), "head": .string(head),
        "heads_compared": .int(heads.count), "fault": fault.map { .string($0.description) } ?? .null,
      ]
      print(answer.text)
    } else if let fault {
      Terminal.complain("BROKEN after entry \(chain.seq): \(fault)")
    } else {
      print("whole: \(chain.seq) entries, \(heads.count) noted heads agree; head \(head)")
    }
    return fault == nil ? .done : .refused
  }

  private static func verify(_ chain: inout AuditChain, _ heads: [AuditHeads.Head], _ database: BlockingDatabase) throws
  {
    var promised = heads.sorted { $0.seq < $1.seq }[...]
    while true {
      let rows = try database.query(
        """
        SELECT seq, outbox_id, at_text, actor, kind, body, prev, hash FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2
        """, [.integer(chain.seq), .integer(batch)])
      if rows.isEmpty { break }
      for row in rows {
        try chain.verify(AuditEntryReader.entry(row))
        while let head = promised.first, head.seq <= chain.seq {
          promised.removeFirst()
          guard head.seq == chain.seq, head.hash == AuditEntryReader.hex(chain.hash) else {
            throw AuditChain.Fault.headMissing(seq: head.seq)
          }
        }
      }
    }
    if let missing = promised.first { throw AuditChain.Fault.headMissing(seq: missing.seq) }
  }
}
