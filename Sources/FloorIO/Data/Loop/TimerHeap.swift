import Shared

/// The timers of one loop: a binary heap by (deadline, age). Pure: time comes in. Cancelled timers are dropped lazily and swept when
/// they outnumber the living, so that a million short-lived deadlines cost no memory.
struct TimerHeap {
  struct Entry {
    let deadline: MonotonicTime
    let id: UInt64
    let interval: Duration?
  }

  private var heap: [Entry] = []
  private var bodies: [UInt64: () -> Void] = [:]
  private var nextID: UInt64 = 1

  var count: Int { bodies.count }

  mutating func add(at deadline: MonotonicTime, every interval: Duration? = nil, _ body: @escaping () -> Void) -> UInt64
  {
    let id = nextID
    nextID += 1
    bodies[id] = body
    push(Entry(deadline: deadline, id: id, interval: interval))
    return id
  }

  mutating func cancel(_ id: UInt64) {
    guard bodies.removeValue(forKey: id) != nil else { return }
    if heap.count > 64, heap.count > 2 * bodies.count {
      let living = heap.filter { bodies[$0.id] != nil }
      heap.removeAll(keepingCapacity: true)
      for entry in living { push(entry) }
    }
  }

  /// The earliest deadline of a living timer.
  mutating func earliest() -> MonotonicTime? {
    while let first = heap.first {
      if bodies[first.id] != nil { return first.deadline }
      _ = pop()
    }
    return nil
  }

  /// Takes the next timer that is due at `now`, oldest deadline first. A repeating one is entered again; one that fell behind skips
  /// the beats it missed instead of firing them in a burst.
  mutating func takeDue(at now: MonotonicTime) -> (deadline: MonotonicTime, body: () -> Void)? {
    guard let deadline = earliest(), deadline <= now else { return nil }
    let entry = pop()
    guard let body = bodies[entry.id] else { return nil }
    if let interval = entry.interval {
      let next = entry.deadline.advanced(by: interval)
      push(Entry(deadline: next > now ? next : now.advanced(by: interval), id: entry.id, interval: interval))
    } else {
      bodies[entry.id] = nil
    }
    return (deadline, body)
  }

  private static func before(_ a: Entry, _ b: Entry) -> Bool {
    a.deadline == b.deadline ? a.id < b.id : a.deadline < b.deadline
  }

  private mutating func push(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard TimerHeap.before(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() -> Entry {
    let first = heap[0]
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && TimerHeap.before(heap[child], heap[least]) {
        least = child
      }
      if least == parent { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
