// Recordings: what the feed keeps of the venue's streams, looked at as plain values (docs/recordings.md). May use Values, Runtime and
// Market. Files and their compression are FloorIO's.
//
//   RecordedFrame      one frame, its stream and its time of receipt; one line
//   RecordingSummary   what is in a recording             RecordingCheck   what is wrong with it
//   StandingMarkets    what the next frames build on
//   RecordingCut       a stretch, a few markets of it     Import/          other people's recordings, as lines of ours
