internal import CTorch

/// What CUDA devices do, kernel by kernel and copy by copy. Calls block, and belong on one thread.
public enum DeviceTrace {
    /// Before work begins: it takes a while.
    public static func prepare() throws(InferenceError) {
        try torch(.device, "preparing libtorch's profiler") { ct_trace_prepare($0, $1) }
    }

    /// Writes the next `seconds` to a file, as a Chrome trace.
    public static func record(seconds: Double, to path: String) throws(InferenceError) {
        try torch(.device, "recording to \(path)") { ct_trace_record(seconds, path, $0, $1) }
    }
}
