internal import CLibAV
internal import Foundation

/// A packet as the demuxer gave it: of any stream, its bytes shared with libav until it goes.
public final class DemuxedPacket {
    let pointer: UnsafeMutablePointer<AVPacket>

    /// An empty packet.
    init() throws {
        guard let pointer = av_packet_alloc() else { throw MediaError(.codec, "out of memory for a packet") }
        self.pointer = pointer
    }

    /// Index of the stream in the film.
    public var stream: Int { Int(pointer.pointee.stream_index) }
    /// In the stream's time base; nil where unknown.
    public var pts: Int64? { timestamp(pointer.pointee.pts) }
    public var dts: Int64? { timestamp(pointer.pointee.dts) }
    public var duration: Int64 { pointer.pointee.duration }
    /// Bytes of payload.
    public var size: Int { Int(pointer.pointee.size) }
    public var flags: VideoPacket.Flags { .init(rawValue: UInt32(bitPattern: pointer.pointee.flags)) }

    /// The payload, without a copy; valid inside `body` only.
    public func withPayload<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try body(UnsafeRawBufferPointer(start: pointer.pointee.data, count: size))
    }

    deinit {
        var pointer: UnsafeMutablePointer<AVPacket>? = pointer
        av_packet_free(&pointer)
    }
}

extension VideoPacket {
    /// A copy of `packet`, side data included.
    public init(_ packet: DemuxedPacket) {
        let side = (0..<Int(packet.pointer.pointee.side_data_elems)).compactMap { index -> SideData? in
            guard let item = packet.pointer.pointee.side_data?[index] else { return nil }
            return SideData(type: item.type.rawValue, bytes: Data(bytes: item.data, count: item.size))
        }
        self.init(
            pts: packet.pts, dts: packet.dts, duration: packet.duration, flags: packet.flags,
            payload: packet.withPayload { Data($0) }, sideData: side)
    }

    /// Fills `target`, an empty packet, with a copy of this one.
    func fill(_ target: UnsafeMutablePointer<AVPacket>) throws {
        try check(av_new_packet(target, Int32(payload.count)), .codec, "allocating a packet of \(payload.count) bytes")
        payload.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
                UnsafeMutableRawPointer(target.pointee.data).copyMemory(from: base, byteCount: bytes.count)
            }
        }
        target.pointee.pts = pts ?? av_shim_nopts
        target.pointee.dts = dts ?? av_shim_nopts
        target.pointee.duration = duration
        target.pointee.flags = Int32(bitPattern: flags.rawValue)
        for item in sideData where !item.isForStart {
            guard let memory = av_packet_new_side_data(target, AVPacketSideDataType(item.type), item.bytes.count) else {
                throw MediaError(.codec, "out of memory for a packet's side data")
            }
            item.bytes.copyBytes(to: memory, count: item.bytes.count)
        }
    }
}
