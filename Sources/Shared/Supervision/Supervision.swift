// Supervision: who lives, who acts, who is replaced. Pure state machines for the boss: events and monotonic time in, effects out.
// Uses Values, Runtime, Risk (the modes).
//
//   ChildMachine       one child: wanted and actual state, restart budget, quarantine, kill ladder
//   StartGate          how fast children may be started, all together
//   FloorMachine       the whole floor: members, mode, ordered stop
//   LeaseKeeper        whether this process may act as the holder of a lease
//   SchedulingLag      how late this process itself runs, so that a busy host does not kill healthy children
//   RetireStep, ...    commands as functions of the recorded state: any boss can take over at any step
//   Mutation           parameters of a clone from its parent's
//   Allocator          who gets how much capital
