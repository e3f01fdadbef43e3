import FarmModel
import Media
import TestSupport
import Testing

@testable import EngineCore

/// Each GOP of a segment is encoded as if it were alone.
@Suite struct SegmentEncoderTests {
    private let folder: TemporaryFolder
    private static let format = PictureFormat(
        width: 64, height: 64, layout: PixelLayout(family: .gray, bitDepth: 8), color: ColorDescription())

    init() throws { folder = try TemporaryFolder() }

    @Test func segmentsAreTheirGOPsOneBehindTheOther() throws {
        let whole = try encode(FrameRange(3, 30), keyframes: [8, 20], missing: [])
        let parts = try [(3, 8), (8, 20), (20, 30)].flatMap {
            try encode(FrameRange($0, $1), keyframes: nil, missing: [])
        }
        #expect(whole == parts && whole.count == 27)
        #expect(whole.filter(\.isKey).map(\.pts) == [3, 8, 20])
    }

    /// Frames that no decoder gave: at a border, all of a GOP, and the first and last of the segment.
    @Test func aGOPBeginsWithTheFirstFrameThatIsThere() throws {
        let packets = try encode(
            FrameRange(3, 30), keyframes: [8, 12, 20], missing: [3, 8, 9] + Array(12..<22) + [29])
        #expect(packets.filter(\.isKey).map(\.pts) == [4, 10, 22])
        #expect(packets.map(\.pts).sorted() == [4, 5, 6, 7, 10, 11] + Array(22..<29))
        #expect(try encode(FrameRange(3, 10), keyframes: [8], missing: Array(3..<10)).isEmpty)
    }

    private struct Packet: Equatable {
        var pts: Int
        var isKey: Bool
        var payload: [UInt8]
    }

    private func encode(_ range: FrameRange, keyframes: [Int]?, missing: [Int]) throws -> [Packet] {
        var order = StandIn.order(0)
        order.outputPath = folder.path("segment")
        order.task.recipe.encoding = EncodingSettings(
            codec: .hevc, encoder: "libx265", crf: 20, preset: "ultrafast", parameters: [], picture: Self.format,
            sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: Rational(24, 1),
            keyframeInterval: 240)
        (order.task.range, order.task.context, order.task.keyframes) = (range, range, keyframes)
        order.task.timestamps = (range.first..<range.end).map(Int64.init)
        let encoder = try SegmentEncoder(order: order, threads: 1, device: .cpu)
        for number in range.first..<range.end where !missing.contains(number) {
            try encoder.write(Self.picture(number), number: number)
        }
        try encoder.finish()
        let reader = try PacketFileReader(path: order.outputPath)
        var packets: [Packet] = []
        while let packet = try reader.next() {
            packets.append(
                Packet(
                    pts: Int(packet.pts ?? -1), isKey: packet.flags.contains(.key), payload: Array(packet.payload)))
        }
        return packets
    }

    /// A square that moves over a ramp.
    private static func picture(_ number: Int) -> PictureBuffer {
        let picture = PictureBuffer(format: format)
        for y in 0..<format.height {
            for x in 0..<format.width {
                let inSquare = abs(x - 2 * number) < 6 && abs(y - 30) < 6
                (picture.mutablePlane(0) + y * picture.stride(0)).storeBytes(
                    of: inSquare ? 230 : UInt8(2 * x + y), toByteOffset: x, as: UInt8.self)
            }
        }
        return picture
    }
}
