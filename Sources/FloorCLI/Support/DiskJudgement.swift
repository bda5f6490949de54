import Shared

/// Whether there is room enough on the disk, by the same figures by which the boss raises its alarm and stops entries.
struct DiskJudgement: Hashable {
  enum Verdict: Hashable { case enough, scarce, entriesStopped }

  /// Less is scarce whatever the part of the disk: an hour of a busy floor's recordings and dumps.
  static let megabytesLeast: Int64 = 500

  let verdict: Verdict
  let detail: String

  /// - Parameters:
  ///   - bytesFree: what this user may still take, of `bytesTotal`.
  ///   - alarmMicros: `disk.alarm_free_pct` in millionths of a per cent.
  ///   - stopMicros: `disk.reduce_only_free_pct`, the same.
  init(bytesFree: Int64, bytesTotal: Int64, alarmMicros: Int64, stopMicros: Int64) {
    let free = bytesTotal > 0 ? Int64(Int128(bytesFree) * 100_000_000 / Int128(bytesTotal)) : 0
    let megabytes = bytesFree >> 20
    if free < stopMicros {
      verdict = .entriesStopped
    } else if free < alarmMicros || megabytes < DiskJudgement.megabytesLeast {
      verdict = .scarce
    } else {
      verdict = .enough
    }
    let tenths = free / 100_000 * 100_000
    let bounds = "alarm below \(Decimal6.text(alarmMicros)) %, no entries below \(Decimal6.text(stopMicros)) %"
    detail = "\(megabytes) MB free (\(Decimal6.text(tenths)) %; \(bounds))"
  }
}
