/// Intents in the order in which they were done with. Taking the oldest costs the same however many wait behind it.
struct IntentQueue: Sendable {
  private var items: [IntentID] = []
  private var head = 0

  var first: IntentID? { head < items.count ? items[head] : nil }

  mutating func append(_ intent: IntentID) { items.append(intent) }

  mutating func removeFirst() {
    head += 1
    // What was taken is let go once it is half of all: each is moved once.
    guard head * 2 >= items.count else { return }
    items.removeFirst(head)
    head = 0
  }
}
