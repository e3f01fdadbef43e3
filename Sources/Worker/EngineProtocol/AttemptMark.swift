public import FarmModel

/// Lines by which an engine says, on its standard error, which attempt the lines between them are about.
public enum AttemptMark {
    public static func beginning(of attempt: AttemptID) -> String { "attempt \(attempt) begins" }
    public static func end(of attempt: AttemptID) -> String { "attempt \(attempt) ends" }
}
