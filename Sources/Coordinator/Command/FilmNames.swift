import CoordinatorCore

/// The films of a command line.
enum FilmNames {
    /// - Throws: for an empty one, as of a script's variable that is not set: to the system it is the current folder
    static func check(_ names: [String]) throws {
        guard names.contains("") else { return }
        throw CoordinatorError(.usage, "a film's name is empty: name a file")
    }
}
