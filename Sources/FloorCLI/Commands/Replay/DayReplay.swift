import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// A day out of a journal folder, decided once more: every life of every agent that was under way, from its birth on, whatever day that was.
struct DayReplay {
  struct Life {
    let agent: AgentName
    let epoch: Epoch
    /// The program that decided; `nil` where the birth is not in the journal.
    var build: String?
    var isChanged = false
    var result = LifeResult()
  }

  let day: String
  private(set) var lives: [Life] = []
  /// Files of the feed's journal that could not be read as a whole.
  private(set) var damages: [String: String] = [:]
  private(set) var messages = 0

  /// - Parameters:
  ///   - names: the agents to replay; empty: all.
  ///   - keepsDecisions: for a comparison with what stands elsewhere.
  init(_ folder: JournalFolder, day: String, names: [AgentName], change: ReplayChange, keepsDecisions: Bool) throws {
    self.day = day
    let library = FeedLibrary(folder)
    let byLife = Dictionary(grouping: folder.files) { $0.name.writer + "." + $0.name.life }
    for files in byLife.values {
      guard let name = ProcessNames.agent(ofProcess: files[0].name.writer), let number = Int64(files[0].name.life),
        files.contains(where: { $0.day == day }), names.isEmpty || names.contains(name)
      else { continue }
      var life = Life(agent: name, epoch: Epoch(number))
      try DayReplay.run(&life, files, day, change, keepsDecisions, library)
      lives.append(life)
    }
    lives.sort { ($0.agent, $0.epoch) < ($1.agent, $1.epoch) }
    damages = library.damages
    messages = library.found
  }

  /// All of it equal, none of it unprovable.
  var isEqual: Bool { lives.allSatisfy { $0.result.differences.isEmpty } }
  var isWhole: Bool { lives.allSatisfy { $0.result.hole == nil } }

  private static func run(
    _ life: inout Life, _ files: [JournalFolder.File], _ day: String, _ change: ReplayChange, _ keepsDecisions: Bool,
    _ library: FeedLibrary
  ) throws {
    var replay: LifeReplay?
    var hole: String?
    var unjudged = 0
    func stop(_ why: String) {
      replay?.stop(why)
      hole = hole ?? why
    }
    for (index, file) in files.enumerated() where file.day <= day {
      if file.name.part != index + 1 { stop("part \(index + 1) of the agent's journal is not there") }
      let blocks: JournalBlocks
      do { blocks = try JournalFolder.read(file) } catch {
        stop("\(file.path): \(error)")
        continue
      }
      for payload in blocks.payloads {
        let entries: [JournalEntry]
        do throws(JournalError) { entries = try JournalPage.entries(payload) } catch {
          stop("\(file.path): \(error)")
          continue
        }
        for entry in entries {
          if case .birth(let birth) = entry, replay == nil, hole == nil {
            let changed = try DayReplay.changed(birth, change)
            life.build = birth.build
            life.isChanged = changed != birth
            do throws(StrategyParameters.Refusal) {
              replay = try LifeReplay(birth, as: changed)
              replay?.keepsDecisions = keepsDecisions
            } catch {
              stop("this program cannot make the agent of build \(birth.build): \(error)")
            }
          } else if replay == nil {
            stop("the life's beginning is not in the journal")
            if case .decision = entry, file.day == day { unjudged += 1 }
          } else {
            replay?.take(entry, isCounted: file.day == day, find: library.message)
          }
        }
      }
      switch blocks.damage {
      case .torn where index == files.count - 1: break  // being written, or the machine's end
      case let damage?: stop("\(file.path) is damaged: \(damage)")
      case nil: break
      }
    }
    replay?.end()
    life.result = replay?.result ?? LifeResult(hole: hole ?? "its journal is empty", unjudged: unjudged)
  }

  private static func changed(_ birth: AgentBirth, _ change: ReplayChange) throws -> AgentBirth {
    do throws(StrategyParameters.Refusal) { return try change.applied(to: birth) } catch {
      throw FloorFailure(.usage, "\(birth.name): \(error)")
    }
  }
}
