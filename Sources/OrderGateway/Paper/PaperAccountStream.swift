import Shared

/// The paper account's own events. Never lost: they come from this process.
final class PaperAccountStream: AccountStream {
  var onOpen: (() -> Void)?
  var onEvent: ((UserStreamEvent) -> Void)?
  var onStranger: ((_ kind: String) -> Void)?
  var onLost: ((_ why: String) -> Void)?
  private var isOpen = false

  func start() {
    isOpen = true
    onOpen?()
  }

  func tell(_ event: UserStreamEvent) {
    if isOpen { onEvent?(event) }
  }
}
