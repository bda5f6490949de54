import FloorIOVenue
import FloorSim
import Shared

/// A day out of a journal folder, decided once more: every life of every agent that was under way, from its birth on, whatever day that was.
struct DayReplay {
  struct Life {
    let agent: AgentName
    let epoch: Epoch
    /// The program that decided; `nil` where the birth is not in the journal.
    let build: String?
    let isChanged: Bool
    let result: LifeResult
  }

  let day: String
  let lives: [Life]
  /// Files of the feed's journal that could not be read as a whole.
  let damages: [String: String]

  /// - Parameters:
  ///   - names: the agents to replay; empty: all.
  ///   - keepsDecisions: for a comparison with what stands elsewhere.
  init(_ folder: JournalFolder, day: String, names: [AgentName], change: ReplayChange, keepsDecisions: Bool) throws {
    let library = FeedLibrary(folder)
    var readers = Dictionary(grouping: folder.files) { $0.name.writer + "." + $0.name.life }.values
      .filter { files in files.contains { $0.day == day } }
      .compactMap { LifeReader($0, day: day, change: change, keepsDecisions: keepsDecisions) }
      .filter { names.isEmpty || names.contains($0.agent) }
      .sorted { ($0.agent, $0.epoch) < ($1.agent, $1.epoch) }
    // Side by side, so that a message of the feed is read once for all agents.
    var open = Array(readers.indices)
    while let place = open.indices.min(by: { readers[open[$0]].clock < readers[open[$1]].clock }) {
      if try !readers[open[place]].step(library) { open.remove(at: place) }
    }
    self.day = day
    lives = readers.map {
      Life(agent: $0.agent, epoch: $0.epoch, build: $0.build, isChanged: $0.isChanged, result: $0.result)
    }
    damages = library.damages
  }

  /// All that could be judged is equal.
  var isEqual: Bool { lives.allSatisfy { $0.result.differences.isEmpty } }
  /// All of it could be judged.
  var isWhole: Bool { lives.allSatisfy { $0.result.hole == nil } }
}
