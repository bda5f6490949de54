/// The release number that `--version` prints and that state written to disk carries.
public enum FloorVersion {
  public static let text = "0.1.0"
}
