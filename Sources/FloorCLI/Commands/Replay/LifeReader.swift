import FloorIOVenue
import FloorSim
import Shared

/// One life's journal, read block by block and decided once more.
struct LifeReader {
  let agent: AgentName
  let epoch: Epoch
  /// The program that decided; `nil` as long as no birth was read.
  private(set) var build: String?
  private(set) var isChanged = false
  /// The market time that it has come to, so that lives can be read side by side.
  private(set) var clock: Int64 = 0

  private let files: [JournalFolder.File]
  /// Files up to the last of the day; later ones were written after it, also where the clock was set back in between.
  private let end: Int
  private let day: String
  private let change: ReplayChange
  private let keepsDecisions: Bool
  /// The file that is being read; −1 before the first.
  private var file = -1
  private var payloads: [ArraySlice<UInt8>] = []
  private var next = 0
  /// What is wrong behind the last block of the file.
  private var damage: String?
  private var replay: LifeReplay?
  private var hole: String?
  private var unjudged = 0

  /// - Parameter files: the life's, in their order. `nil` where they are no agent's.
  init?(_ files: [JournalFolder.File], day: String, change: ReplayChange, keepsDecisions: Bool) {
    guard let name = files.first?.name, let agent = ProcessNames.agent(ofProcess: name.writer),
      let epoch = Int64(name.life)
    else { return nil }
    self.agent = agent
    self.epoch = Epoch(epoch)
    self.files = files
    end = (files.lastIndex { $0.day <= day } ?? -1) + 1
    self.day = day
    self.change = change
    self.keepsDecisions = keepsDecisions
  }

  /// What became of it, once `step` said that it is over.
  var result: LifeResult {
    replay?.result ?? LifeResult(hole: hole ?? "its journal is empty", unjudged: unjudged)
  }

  /// Takes the next block; `false` when the life, or the day, is over. Throws when the agent cannot be changed as asked.
  mutating func step(_ library: FeedLibrary) throws -> Bool {
    while next == payloads.count {
      if let damage { stop(damage) }
      damage = nil
      guard file + 1 < end else {
        replay?.end()
        return false
      }
      file += 1
      open(files[file])
    }
    let entries: [JournalEntry]
    do throws(JournalError) { entries = try JournalPage.entries(payloads[next]) } catch {
      entries = []
      stop("\(files[file].path): \(error)")
    }
    next += 1
    for entry in entries { try take(entry, library) }
    return true
  }

  private mutating func open(_ source: JournalFolder.File) {
    next = 0
    payloads = []
    if source.name.part != file + 1 { stop("part \(file + 1) of the agent's journal is not there") }
    do {
      let blocks = try JournalFolder.read(source)
      payloads = blocks.payloads
      switch blocks.damage {
      case .torn where file == files.count - 1: break  // being written, or the machine's end
      case let found?: damage = "\(source.path) is damaged: \(found)"
      case nil: break
      }
    } catch {
      damage = "\(source.path): \(error)"
    }
  }

  private mutating func take(_ entry: JournalEntry, _ library: FeedLibrary) throws {
    let isCounted = files[file].day == day
    if let now = entry.now { clock = max(clock, now.nanoseconds) }
    if replay != nil {
      replay?.take(entry, isCounted: isCounted, find: library.message)
    } else if case .birth(let birth) = entry, hole == nil {
      try begin(birth)
    } else {
      stop("the life's beginning is not in the journal")
      if case .decision = entry, isCounted { unjudged += 1 }
    }
  }

  private mutating func begin(_ birth: AgentBirth) throws {
    let changed: AgentBirth
    do throws(StrategyParameters.Refusal) { changed = try change.applied(to: birth) } catch {
      throw FloorFailure(.usage, "\(birth.name): \(error)")
    }
    build = birth.build
    isChanged = changed != birth
    do throws(StrategyParameters.Refusal) {
      var new = try LifeReplay(birth, as: changed)
      new.keepsDecisions = keepsDecisions
      replay = new
    } catch {
      stop("this program cannot make the agent of build \(birth.build): \(error)")
    }
  }

  private mutating func stop(_ why: String) {
    replay?.stop(why)
    hole = hole ?? why
  }
}
