internal import CLibAV
public import FarmModel
internal import Foundation

/// H.264 (libx264), AV1 (libsvtav1) and FFV1 through libavcodec; and what NVENC makes, whose pictures come from the host's memory.
public final class LibAVEncoder: VideoEncoder {
    public let stream: VideoStream
    private let settings: EncodingSettings
    private let context: LibAVContext
    private let packet: DemuxedPacket
    /// nil: the encoder takes planes as they are.
    private let packer: PlanePacker?
    private var clock: PictureClock

    /// - Parameters:
    ///   - threads: for the encoders whose output does not depend on it; libx264's number is fixed.
    ///   - cudaDevice: whose unit encodes, for NVENC; nil: the first that has one.
    public init(settings: EncodingSettings, threads: Int, cudaDevice: Int? = nil) throws {
        context = try LibAVContext(settings: settings, threads: threads, cudaDevice: cudaDevice)
        packer = try PlanePacker(for: settings)
        packet = try DemuxedPacket()
        self.settings = settings
        clock = PictureClock(encoder: settings.encoder)
        stream = try context.stream(settings)
    }

    public func encode(_ picture: any PlanarPicture, timestamp: Int64) throws -> [VideoPacket] {
        try settings.check(picture)
        let frame = try context.emptyPicture()
        frame.pointer.pointee.pts = Int64(try clock.enter(timestamp))
        if let packer { try packer.pack(picture, into: frame.pointer) } else { copy(picture, to: frame.pointer) }
        try describe(frame.pointer, picture.messages)
        try context.send(frame)
        return try receive()
    }

    public func finish() throws -> [VideoPacket] {
        guard clock.count > 0 else { return [] }
        try context.send(nil)
        return try receive()
    }

    /// Encoders keep pictures for as long as they like, so each gets memory of its own.
    private func copy(_ picture: any PlanarPicture, to frame: UnsafeMutablePointer<AVFrame>) {
        withUnsafeBytes(of: frame.pointee.data) { data in
            withUnsafeBytes(of: frame.pointee.linesize) { lines in
                for index in 0..<picture.format.layout.planeCount {
                    let size = picture.format.planeSize(index)
                    av_image_copy_plane(
                        data.load(fromByteOffset: index * 8, as: UnsafeMutablePointer<UInt8>?.self),
                        lines.load(fromByteOffset: index * 4, as: Int32.self),
                        picture.plane(index).assumingMemoryBound(to: UInt8.self), Int32(picture.stride(index)),
                        Int32(size.width * picture.format.layout.bytesPerSample), Int32(size.height))
                }
            }
        }
    }

    /// libx264 and NVENC make SEI of captions; the other encoders here look at nothing beside the samples.
    private func describe(_ frame: UnsafeMutablePointer<AVFrame>, _ messages: [PictureMessage]) throws {
        for case .captions(let triplets) in messages where settings.codec == .h264 || settings.codec == .hevc {
            guard let item = av_frame_new_side_data(frame, AV_FRAME_DATA_A53_CC, triplets.count) else {
                throw MediaError(.codec, "\(settings.encoder): out of memory for a picture's captions")
            }
            triplets.copyBytes(to: item.pointee.data, count: triplets.count)
        }
    }

    private func receive() throws -> [VideoPacket] {
        var packets: [VideoPacket] = []
        while try context.receive(packet) {
            defer { av_packet_unref(packet.pointer) }
            packets.append(try value(of: packet.pointer.pointee))
        }
        return packets
    }

    private func value(of packet: AVPacket) throws -> VideoPacket {
        let raw = packet.data.map { Data(bytes: $0, count: Int(packet.size)) } ?? Data()
        guard let payload = payload(of: raw) else {
            throw MediaError(.codec, "\(settings.encoder) gave a packet that does not parse")
        }
        let flags: VideoPacket.Flags = packet.flags & AV_PKT_FLAG_KEY != 0 ? .key : []
        return VideoPacket(pts: try clock.leave(Int(packet.pts)), dts: nil, flags: flags, payload: payload)
    }

    /// What MP4 and Matroska hold of an encoder's packet.
    private func payload(of raw: Data) -> Data? {
        switch settings.codec {
        case .h264 where settings.isByNVENC, .hevc where settings.isByNVENC:
            ownUnits(CodedUnits.split(startCoded: raw)).map(CodedUnits.join(lengthPrefixed:))
        case .h264:
            CodedUnits.split(lengthPrefixed: raw).map {
                CodedUnits.join(lengthPrefixed: $0.filter { !Self.isX264Info($0) })
            }
        case .av1: OpenBitstreamUnits.stripped(raw)
        case .hevc, .ffv1: raw
        }
    }

    /// Those that are no headers; nil where they bring parameter sets that are not the stream's.
    private func ownUnits(_ units: [Data]) -> [Data]? {
        let headers = units.filter { CodedUnits.isHeader($0, of: settings.codec) }
        let isKnown = headers.allSatisfy {
            !CodedUnits.isParameterSet($0, of: settings.codec) || stream.parameters.extradata.range(of: $0) != nil
        }
        return isKnown ? units.filter { !CodedUnits.isHeader($0, of: settings.codec) } : nil
    }

    /// The SEI unit in which x264 tells its version and options: text that says how many threads a worker had.
    private static func isX264Info(_ unit: Data) -> Bool {
        let identifier: [UInt8] = [
            0xDC, 0x45, 0xE9, 0xBD, 0xE6, 0xD9, 0x48, 0xB7, 0x96, 0x2C, 0xD8, 0x20, 0xD9, 0x23, 0xEE, 0xEF,
        ]
        return unit.prefix(2) == Data([6, 5]) && unit.prefix(64).range(of: Data(identifier)) != nil
    }
}
