/// Who refused an intent. The row holds the words of the refusal alone; the two speak differently: the gate's codes are `RefusalCode`,
/// with the numbers compared as `name=value`, the record has codes of its own and writes sentences.
public enum Denier: String, Hashable, Sendable, CaseIterable {
  case gate
  case record

  /// - Parameters:
  ///   - reason: `intents.denial`.
  ///   - detail: `intents.denial_detail`.
  public init(reason: String, detail: String) {
    switch RefusalCode(rawValue: reason) {
    case nil: self = .record
    // Both know these, and the gate always says its numbers.
    case .allocation?, .noShares?, .expired?, .perAgent?, .perStrategy?, .perCategory?, .marketCap?, .perEventGroup?,
      .floorExposure?:
      self = detail.contains("=") ? .gate : .record
    // Without numbers on either side: the gate looks first.
    case .some: self = .gate
    }
  }
}
