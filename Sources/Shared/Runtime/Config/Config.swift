// Configuration: what the floor is told, checked as a whole before anything starts. Pure: files, environment and arguments come in as
// trees and pairs with the place each value was written at; a checked set of values, or all problems at once, goes out.
// Uses Values and JSON.
//
//   ConfigUnit · ConfigKind      what a value may look like; the unit stands in the key's name
//   ConfigKey · ConfigSchema     every key there is: path, kind, default, plain-English meaning, how layers combine
//   ConfigNode · ConfigLayer     what was written, with file and line
//   ConfigLoader                 layers → EffectiveConfig, or a ConfigRefusal that lists every problem
//   EffectiveConfig              values with their provenance; JSON for the birth documents; `explain`
//   ConfigReader                 the child's side: typed reading of that JSON
//   FloorSchema · FloorRules     the floor's own keys and the combinations that are unsafe
//   LegacySpelling(s)           names of the founding texts, and what they are here
//   AgentFile · RosterRules      config/agents/*.yaml
//   FloorLimits                  the dollar limits that follow from capital and percentages
