internal import CTorch

/// What was attempted, on what, why it failed; with libtorch's own text.
public struct InferenceError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// A model file cannot be used.
        case model
        /// The device asked for is not there, or cannot do what was asked.
        case device
        /// Host or device memory does not suffice.
        case outOfMemory
        /// The network gave NaN, infinity, or black for a picture that is not; the message names the frame.
        case badOutput
        /// A call was refused or failed for another reason.
        case failed
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

/// Makes a CTorch call and throws where it does not succeed. `kind` is what a plain failure means.
func torch(
    _ kind: InferenceError.Kind, _ attempted: @autoclosure () -> String,
    _ call: (UnsafeMutablePointer<CChar>, Int) -> ct_status
) throws(InferenceError) {
    var status = CT_OK
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer -> String in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress else { return "" }
        status = call(base, buffer.count)
        return status == CT_OK ? "" : String(cString: base)
    }
    switch status {
    case CT_OK: return
    case CT_OUT_OF_MEMORY: throw InferenceError(.outOfMemory, "\(attempted()): \(text)")
    case CT_BAD_OUTPUT: throw InferenceError(.badOutput, "\(attempted()): \(text)")
    default: throw InferenceError(kind, "\(attempted()): \(text)")
    }
}
