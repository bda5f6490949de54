/// What of the state directory goes into a backup. A list of what is taken, never of what is left out: a file that nobody thought of, like an
/// editor's copy of the wallet's key beside it, stays where it is.
enum BackupContents {
  /// Whole folders, written by the floor's own processes, none of which puts a secret there.
  static let folders = ["checkpoints", "journal", "share/config/agents", "share/config/profiles"]
  /// Single files of folders in which secrets stand too: `etc` holds the passwords and, of the real venue, the wallet (`venue.json`);
  /// `venue` holds the simulated venue's (`credentials.json`).
  static let files = [
    "audit-heads", "etc/instance.json", "etc/reached.json", "etc/supervisor.conf", "share/config/floor.yaml",
    "venue/truth.jsonl",
  ]
  /// What a restore puts back. The rest is for a person who sets a machine up again.
  static let restored = ["checkpoints", "journal"]

  /// The members of the archive, by path below the state directory.
  /// - Parameter exists: whether there is something at that path.
  static func members(_ exists: (String) -> Bool) -> [String] { (folders + files).filter(exists) }
}
