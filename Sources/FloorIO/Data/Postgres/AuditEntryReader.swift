import Shared

/// A row of `audit_log` as the chain's verifier takes it.
public enum AuditEntryReader {
  public static func entry(_ row: Rows.Row) throws -> AuditChain.Entry {
    AuditChain.Entry(
      seq: try row.int("seq"), outboxID: try row.int("outbox_id"), at: try row.text("at_text"),
      actor: try row.text("actor"),
      kind: try row.text("kind"), body: try row.text("body"), prev: try row.bytes("prev"), hash: try row.bytes("hash"))
  }

  public static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
