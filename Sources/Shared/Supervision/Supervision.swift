// Supervision: who lives, who acts, who is replaced. Pure state machines for the boss: events and monotonic time in, effects out.
// Uses Values, Runtime, Strategy (what can be hired), Risk (the modes).
//
//   ChildMachine       one child: wanted and actual state, restart budget, quarantine, kill ladder
//   StartGate          how fast children may be started, all together
//   FloorMachine       the whole floor: members, mode, ordered stop
//   StopTimes          how the time of an ordered stop is shared out
//   LeaseKeeper        whether this process may act as the holder of a lease
//   SchedulingLag      how late this process itself runs, so that a busy host does not kill healthy children
//   RosterOrder        a command, or advice: a row that outlives the boss
//   Roster             the facts a decision may look at
//   RosterRules        orders as functions of the facts: any boss can take over at any step
//   StatusRule         what an agent's recorded status has to become because of its process
//   HireCheck          whether a new agent could work here at all
//   EventBacklog       events that the record could not take yet
//   Allocator          who gets how much capital
