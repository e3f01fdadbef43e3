/// Read access to the planes of a picture: what decoders give, the network takes and encoders read.
public protocol PlanarPicture: AnyObject, Sendable {
    var format: PictureFormat { get }
    /// Where the samples lie. In a device's memory they are not for the host to read.
    var memory: PictureMemory { get }
    /// The first sample of plane `index`; valid as long as the picture is.
    func plane(_ index: Int) -> UnsafeRawPointer
    /// Bytes from one line of plane `index` to the next.
    func stride(_ index: Int) -> Int
    /// What it carries beside its samples.
    var messages: [PictureMessage] { get }
}

extension PlanarPicture {
    public var memory: PictureMemory { .host }
    public var messages: [PictureMessage] { [] }
}

/// A picture that owns its memory.
// Sendable by hand: one stage of the pipeline fills it, hands it on, and does not touch it again.
public final class PictureBuffer: PlanarPicture, @unchecked Sendable {
    public let format: PictureFormat
    public var messages: [PictureMessage] = []
    private let memory: UnsafeMutableRawPointer
    /// Who gives `memory` back; nil: this object does.
    private let owner: (any HostMemory)?
    private let offsets: [Int]
    private let strides: [Int]

    /// Memory for one picture, each line on a 64-byte boundary, its contents undefined.
    /// - Parameter allocate: makes memory of another kind, so many bytes on a 64-byte boundary.
    public init<E>(format: PictureFormat, allocate: (Int) throws(E) -> (any HostMemory)?) throws(E) {
        var offsets: [Int] = []
        var strides: [Int] = []
        var total = 0
        for index in 0..<format.layout.planeCount {
            let size = format.planeSize(index)
            let stride = (size.width * format.layout.bytesPerSample + 63) & ~63
            offsets.append(total)
            strides.append(stride)
            total += stride * size.height
        }
        self.format = format
        self.offsets = offsets
        self.strides = strides
        owner = try allocate(max(total, 64))
        memory = owner?.pointer ?? .allocate(byteCount: max(total, 64), alignment: 64)
    }

    public convenience init(format: PictureFormat) {
        self.init(format: format) { _ in nil }
    }

    public func plane(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(memory + offsets[index]) }
    public func mutablePlane(_ index: Int) -> UnsafeMutableRawPointer { memory + offsets[index] }
    public func stride(_ index: Int) -> Int { strides[index] }

    deinit { if owner == nil { memory.deallocate() } }
}

/// Memory that is given back when its owner goes.
public protocol HostMemory: AnyObject, Sendable {
    var pointer: UnsafeMutableRawPointer { get }
}
