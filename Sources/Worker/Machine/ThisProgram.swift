internal import Foundation

/// The file of the program that this process runs.
public enum ThisProgram {
    /// Tells one build from another: the file's size in bytes and when it was written, in nanoseconds since 1970. Empty where
    /// the system does not say.
    public static let build: String = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "" }
        return "\(status.st_size) \(status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec)"
    }()
}
