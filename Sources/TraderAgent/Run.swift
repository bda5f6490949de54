import FloorIOData
import Shared

private let help = """
  usage: trader-agent --agent NAME (--birth-fd N | --birth FILE)

  One trader: runs one strategy over the floor's market data, sends intents to the gateway, keeps its decisions and checkpoints.
  Started by floor-boss, which tells it everything through the birth document; it reads no configuration file.

    --agent NAME     the agent it shall be; must be the one that the birth document names
    --birth-fd N     reads the birth document from this descriptor and then watches it: end-of-file means the boss is gone
    --birth FILE     reads the birth document from a file (tests)
    --help, --version

  exit status: 0 done or told to stop, 64 usage, 69 fenced by a newer birth, 70 broken invariant, 78 wrong birth document
  """

/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runTraderAgent(_ arguments: [String]) -> Int32 {
  var agent: TraderAgent?
  // Its handlers hold it weakly; it lives as long as the loop runs.
  defer { withExtendedLifetime(agent) {} }
  return FloorProcess.run("trader-agent", arguments, help: help, options: ["agent"]) { process in
    let settings = try AgentSettings(process.birth)
    if let name = process.options["agent"], name != settings.name.text {
      throw FloorFailure(.usage, "--agent \(name), but the birth document is for \(settings.name)")
    }
    let made = try TraderAgent(process, settings)
    made.start()
    agent = made
  }
}
