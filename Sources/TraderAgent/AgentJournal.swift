import FloorIOData
import Shared

/// What the agent is given and decides, as entries of its journal. They gather in memory and are written when something the agent did
/// is about to leave (an intent, a row, a checkpoint), and once a second: a killed agent loses at most what it had heard and done nothing
/// about. Where the journal takes nothing the agent trades on; the entries are counted, and the next one that is written says so.
final class AgentJournal {
  /// Larger pages are written at once.
  private static let pageBytes = 64 << 10
  /// Beats between two writings.
  private static let beats = 10

  private let journal: DayJournal
  private var page = JournalPage()
  private var lost = 0
  private var beatsLeft = AgentJournal.beats

  init?(_ process: FloorProcess, _ settings: AgentSettings) {
    let journalSettings = JournalSettings(process.birth)
    guard journalSettings.isOn else { return nil }
    journal = DayJournal(
      journalSettings, writer: process.birth.process, life: process.birth.epoch.description, log: process.log)
    page.add(
      .birth(
        AgentBirth(
          name: settings.name, epoch: process.birth.epoch, strategy: settings.strategyName, series: settings.series,
          events: settings.events, size: settings.size, parameters: settings.parameters, build: process.build)))
  }

  /// Before the core gets it.
  func note(_ entry: JournalEntry) { page.add(entry) }

  /// What the core said to it, before any of it is done.
  func note(_ effects: [AgentEffect]) {
    for case .record(let decision) in effects { page.add(.decision(decision.json.bytes)) }
    if !effects.isEmpty || page.bytes.count >= AgentJournal.pageBytes { write() }
  }

  func beat() {
    beatsLeft -= 1
    if beatsLeft <= 0 { write() }
  }

  func write() {
    beatsLeft = AgentJournal.beats
    guard !page.isEmpty else { return }
    // The word on earlier losses is none itself.
    let count = page.count - (lost > 0 ? 1 : 0)
    if journal.append(page.bytes, at: SystemClock.wall()) {
      page.clear()
      lost = 0
    } else {
      lost += count
      page.clear()
      page.add(.lost(lost))
    }
  }
}
