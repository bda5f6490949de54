// Replay: what feed and agents write down while they work, so that a day can be decided once more (docs/replay.md). Uses `Values`,
// `Runtime`, `Messages`, `Strategy`; opens nothing.
//
//   JournalName     a journal file's name          JournalBlocks   what stands in one: blocks with a check sum
//   AgentBirth      who an agent was               JournalEntry    one thing that an agent was given, or decided
//   JournalPage     entries as a block's bytes     FeedPage        published messages as a block's bytes
