internal import CTorch
internal import FarmModel

/// Memory that a CUDA device writes to by itself: planes come down without a copy by the processor.
// Sendable by hand: nothing changes after it was made.
final class PinnedMemory: HostMemory, @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    private let handle: OpaquePointer

    init(bytes: Int) throws(InferenceError) {
        var (opened, data): (OpaquePointer?, UnsafeMutableRawPointer?) = (nil, nil)
        try torch(.outOfMemory, "locking \(bytes) bytes of memory for a device") {
            ct_pinned_open(bytes, &opened, &data, $0, $1)
        }
        guard let opened, let data else { throw InferenceError(.failed, "CTorch gave no memory") }
        handle = opened
        pointer = data
    }

    deinit { ct_pinned_close(handle) }
}
