internal import CTorch
public import FarmModel

/// A picture of its own in a device's memory. What a hardware decoder gives is lent, one of few: it is copied, on the device, and goes back
/// at once.
// Sendable by hand: its memory is written before the object exists and only read after.
public final class DevicePicture: PlanarPicture, @unchecked Sendable {
    public let format: PictureFormat
    public let memory: PictureMemory
    public let messages: [PictureMessage]
    private let handle: OpaquePointer
    private let planes: [UnsafeRawPointer]
    private let strides: [Int]

    /// Copies `lent`, whose memory is `device`'s (or, for tests, the host's, and `device` the CPU).
    /// The copy is under way on the stream that the decoder works on, too: it takes the memory back behind it.
    public init(copying lent: any PlanarPicture, on device: Device) throws(InferenceError) {
        var layout = ct_format(lent.format, matrix: lent.format.color.matrix)
        var source = ct_input(lent, number: 0)
        if lent.memory == .host { source.chroma_step = 1 }
        var opened: OpaquePointer?
        try withExtendedLifetime(lent) { () throws(InferenceError) in
            try torch(.failed, "copying a decoded picture of \(lent.format.summary) on \(device)") {
                ct_device_picture_open(device.description, &layout, &source, &opened, $0, $1)
            }
        }
        guard let opened else { throw InferenceError(.failed, "CTorch made no picture") }
        let made = ct_device_picture_planes(opened)
        handle = opened
        (format, messages) = (lent.format, lent.messages)
        memory = .device(chromaStep: Int(made.chroma_step), shift: Int(made.shift))
        let pointers = [made.planes.0, made.planes.1, made.planes.2, made.planes.3]
        planes = pointers.prefix(lent.format.layout.planeCount).compactMap { $0 }
        strides = [made.strides.0, made.strides.1, made.strides.2, made.strides.3]
    }

    deinit { ct_device_picture_close(handle) }

    public func plane(_ index: Int) -> UnsafeRawPointer { planes[index] }
    public func stride(_ index: Int) -> Int { strides[index] }
}
