internal import CX265
public import FarmModel
internal import Foundation

/// HEVC on the CPU through libx265's own API, in 8, 10 or 12 bit.
///
/// Output depends on the settings alone: frame threads are fixed, and x265 gives the same bits for every pool size.
public final class X265Encoder: VideoEncoder {
    public static let name = "libx265"

    public let stream: VideoStream
    private let settings: EncodingSettings
    private let api: x265_api
    private let encoder: OpaquePointer
    private let picture: UnsafeMutablePointer<x265_picture>
    private let coded: UnsafeMutablePointer<x265_picture>
    private var clock = PictureClock(encoder: X265Encoder.name)

    /// - Parameter threads: the size of the thread pool; no influence on the output.
    public init(settings: EncodingSettings, threads: Int) throws {
        let depth = settings.picture.layout.bitDepth
        guard let api = x265_shim_api(Int32(depth))?.pointee else {
            throw MediaError(.settings, "this libx265 does not encode \(depth) bit")
        }
        let parameters = try X265Parameters(settings: settings, threads: threads, api: api)
        guard let encoder = api.encoder_open(parameters.pointer) else {
            throw MediaError(.settings, settings.refusal)
        }
        guard let picture = api.picture_alloc(), let coded = api.picture_alloc() else {
            api.encoder_close(encoder)
            throw MediaError(.codec, "libx265: out of memory")
        }
        api.picture_init(parameters.pointer, picture)
        api.picture_init(parameters.pointer, coded)
        do {
            stream = try Self.stream(settings, headers: Self.headers(encoder, api))
        } catch {
            api.picture_free(picture)
            api.picture_free(coded)
            api.encoder_close(encoder)
            throw error
        }
        self.settings = settings
        self.api = api
        self.encoder = encoder
        self.picture = picture
        self.coded = coded
    }

    deinit {
        api.picture_free(picture)
        api.picture_free(coded)
        api.encoder_close(encoder)
    }

    public func encode(_ source: any PlanarPicture, timestamp: Int64) throws -> [VideoPacket] {
        try settings.check(source)
        picture.pointee.pts = Int64(try clock.enter(timestamp))
        withUnsafeMutableBytes(of: &picture.pointee.planes) { planes in
            for index in 0..<source.format.layout.planeCount {
                // x265 only reads the planes, and copies them before the call returns.
                planes.storeBytes(
                    of: UnsafeMutableRawPointer(mutating: source.plane(index)),
                    toByteOffset: index * MemoryLayout<UnsafeRawPointer>.stride, as: UnsafeMutableRawPointer.self)
            }
        }
        withUnsafeMutableBytes(of: &picture.pointee.stride) { strides in
            for index in 0..<source.format.layout.planeCount {
                strides.storeBytes(of: Int32(source.stride(index)), toByteOffset: index * 4, as: Int32.self)
            }
        }
        let messages = RegisteredMessages(source.messages)
        picture.pointee.userSEI = messages.sei
        defer { picture.pointee.userSEI = x265_sei() }
        // x265 copies messages, too, before the call returns.
        return try withExtendedLifetime((source, messages)) { try step(picture).map { [$0] } ?? [] }
    }

    public func finish() throws -> [VideoPacket] {
        // x265 opened and never fed would wait for a picture forever.
        guard clock.count > 0 else { return [] }
        var packets: [VideoPacket] = []
        while let packet = try step(nil) { packets.append(packet) }
        return packets
    }

    /// Gives x265 a picture, or nil to drain, and takes the packet that is ready.
    private func step(_ input: UnsafeMutablePointer<x265_picture>?) throws -> VideoPacket? {
        var units: UnsafeMutablePointer<x265_nal>?
        var count: UInt32 = 0
        let answer = api.encoder_encode(encoder, &units, &count, input, coded)
        guard answer >= 0 else { throw MediaError(.codec, "libx265 failed to encode a picture (\(answer))") }
        guard answer > 0, count > 0, let units else { return nil }
        let payload = (0..<Int(count)).reduce(into: Data()) {
            $0.append(units[$1].payload, count: Int(units[$1].sizeBytes))
        }
        let timestamp = try clock.leave(Int(coded.pointee.pts))
        let isKey = coded.pointee.sliceType == X265_TYPE_IDR
        return VideoPacket(pts: timestamp, dts: nil, flags: isKey ? .key : [], payload: payload)
    }

    /// The parameter sets, and SEI units that go with them.
    private static func headers(_ encoder: OpaquePointer, _ api: x265_api) throws -> [Data] {
        var units: UnsafeMutablePointer<x265_nal>?
        var count: UInt32 = 0
        guard api.encoder_headers(encoder, &units, &count) > 0, let units else {
            throw MediaError(.codec, "libx265 gave no parameter sets")
        }
        let bytes = (0..<Int(count)).reduce(into: Data()) {
            $0.append(units[$1].payload, count: Int(units[$1].sizeBytes))
        }
        guard let split = CodedUnits.split(lengthPrefixed: bytes) else {
            throw MediaError(.codec, "libx265 gave parameter sets that do not parse")
        }
        return split
    }

    private static func stream(_ settings: EncodingSettings, headers: [Data]) throws -> VideoStream {
        let layout = settings.picture.layout
        guard
            let extradata = DecoderConfiguration.hvcC(
                headers, chromaFormat: layout.chromaFormat, bitDepth: layout.bitDepth)
        else { throw MediaError(.codec, "libx265 gave incomplete parameter sets") }
        let parameters = CodecParameters(
            codec: "hevc", extradata: extradata, pixelFormat: layout.libavName, width: settings.picture.width,
            height: settings.picture.height, profile: Int(extradata[1] & 0x1F), level: Int(extradata[12]),
            bitsPerRawSample: layout.bitDepth, sampleAspectRatio: settings.sampleAspectRatio,
            color: settings.picture.color)
        return VideoStream(parameters: parameters, timeBase: settings.timeBase, frameRate: settings.frameRate)
    }
}
