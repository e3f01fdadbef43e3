import Foundation

/// Gives a finished file its name, all at once or not at all (P6).
enum Publication {
    /// Renames `partial`, whose bytes are durable, and makes the name durable.
    static func publish(_ partial: String, as output: String, overwrite: Bool) throws {
        // link() refuses an existing name in the same step in which it gives it: nothing is replaced by accident.
        if overwrite {
            guard rename(partial, output) == 0 else { throw failure("cannot name the film \(output)") }
        } else if link(partial, output) == 0 {
            unlink(partial)
        } else if errno == EEXIST {
            throw CoordinatorError(
                .file, "\(output) has come to exist meanwhile: move it away and run again, or give --overwrite")
        } else {
            // A file system without hard links.
            guard access(output, F_OK) != 0, rename(partial, output) == 0 else {
                throw failure("cannot name the film \(output)")
            }
        }
        try synchronize(folder: URL(fileURLWithPath: output).deletingLastPathComponent().path)
    }

    private static func synchronize(folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw failure("cannot open the folder \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot make the name in \(folder) durable") }
    }

    private static func failure(_ what: String) -> CoordinatorError {
        CoordinatorError(.file, "\(what): \(String(cString: strerror(errno)))")
    }
}
