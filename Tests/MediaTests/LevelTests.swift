import FarmModel
import Foundation
import Testing

@testable import Media

/// The level and tier that encoders write, against the standards' tables: a player looks there whether it can show the film.
@Suite struct LevelTests {
    struct Level: Sendable {
        var written: Int
        /// Luma samples a picture and a second; of H.264, macroblocks.
        var picture: Double
        var second: Double
    }

    private static func levels(_ rows: [(Int, Int, Int)]) -> [Level] {
        rows.map { Level(written: $0, picture: Double($1), second: Double($2)) }
    }

    /// H.265 tables A.8 and A.9; general_level_idc.
    static let hevc = levels([
        (30, 36_864, 552_960), (60, 122_880, 3_686_400), (63, 245_760, 7_372_800), (90, 552_960, 16_588_800),
        (93, 983_040, 33_177_600), (120, 2_228_224, 66_846_720), (123, 2_228_224, 133_693_440),
        (150, 8_912_896, 267_386_880), (153, 8_912_896, 534_773_760), (156, 8_912_896, 1_069_547_520),
        (180, 35_651_584, 1_069_547_520), (183, 35_651_584, 2_139_095_040), (186, 35_651_584, 4_278_190_080),
    ])

    /// AV1 annex A.3; seq_level_idx.
    static let av1 = levels([
        (0, 147_456, 4_423_680), (1, 278_784, 8_363_520), (4, 665_856, 19_975_680), (5, 1_065_024, 31_950_720),
        (8, 2_359_296, 70_778_880), (9, 2_359_296, 141_557_760), (12, 8_912_896, 267_386_880),
        (13, 8_912_896, 534_773_760), (14, 8_912_896, 1_069_547_520), (16, 35_651_584, 1_069_547_520),
        (17, 35_651_584, 2_139_095_040), (18, 35_651_584, 4_278_190_080),
    ])

    /// H.264 table A-1; level_idc. 11 is also the first whose store of decoded pictures holds what preset medium needs.
    static let h264 = levels([
        (10, 99, 1_485), (11, 396, 3_000), (12, 396, 6_000), (13, 396, 11_880), (21, 792, 19_800), (22, 1_620, 20_250),
        (30, 1_620, 40_500), (31, 3_600, 108_000), (32, 5_120, 216_000), (40, 8_192, 245_760), (42, 8_704, 522_240),
        (50, 22_080, 589_824), (51, 36_864, 983_040), (52, 36_864, 2_073_600), (60, 139_264, 4_177_920),
        (61, 139_264, 8_355_840), (62, 139_264, 16_711_680),
    ])

    @Test(arguments: [(96, 64), (1280, 720), (1920, 1080), (3840, 2160), (7680, 4320)], [24, 60, 120])
    func hevcHasTheLowestLevelOfMainTier(size: (Int, Int), rate: Int) throws {
        let data = try Self.extradata(.hevc, size, rate)
        let samples = Double(size.0 * size.1)
        let level = Self.hevc.first { samples <= $0.picture && samples * Double(rate) <= $0.second }
        #expect(Int(data[12]) == level?.written)
        #expect(data[1] & 0x20 == 0, "Main tier: with constant quality nobody knows the bit rate beforehand")
    }

    @Test(arguments: [(96, 64), (1280, 720), (1920, 1080), (3840, 2160)], [24, 60, 120])
    func av1HasTheLowestLevelOfMainTier(size: (Int, Int), rate: Int) throws {
        let header = try #require(AV1Header(try Self.extradata(.av1, size, rate)))
        let samples = Double(size.0 * size.1)
        let level = Self.av1.first { samples <= $0.picture && samples * Double(rate) <= $0.second }
        #expect(header.level == level?.written)
        #expect(header.tier == 0)
    }

    @Test(arguments: [(96, 64), (1280, 720), (1920, 1080), (3840, 2160)], [24, 60, 120])
    func h264HasTheLowestLevel(size: (Int, Int), rate: Int) throws {
        let blocks = Double((size.0 + 15) / 16 * ((size.1 + 15) / 16))
        let level = Self.h264.first { blocks <= $0.picture && blocks * Double(rate) <= $0.second }
        #expect(Int(try Self.extradata(.h264, size, rate)[3]) == level?.written)
    }

    @Test(arguments: [Codec.hevc, .h264, .av1]) func noLevelIsBeyondTheHighest(codec: Codec) throws {
        let error = #expect(throws: MediaError.self) { try Self.extradata(codec, (7680, 4320), 144) }
        #expect(error?.kind == .settings)
        #expect(error?.message.contains("level 6.2") == true, "\(error?.message ?? "")")
    }

    /// Whatever the picture quality: it is in the parameter sets, which all segments share.
    @Test func qualityHasNoInfluence() throws {
        let all = try [0, 18, 51].map { try Self.extradata(.hevc, (1280, 720), 24, crf: $0) }
        #expect(Set(all.map { $0[12] }).count == 1)
    }

    private static func extradata(
        _ codec: Codec, _ size: (Int, Int), _ rate: Int, crf: Int = 18
    ) throws -> [UInt8] {
        let source = VideoStream(
            parameters: CodecParameters(codec: "h264", width: size.0, height: size.1), timeBase: Rational(1, 90_000),
            frameRate: Rational(Int32(rate), 1))
        let format = PictureFormat(
            width: size.0, height: size.1,
            layout: PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1), color: ColorDescription())
        let settings = try EncoderCatalog.resolve(
            settings: JobSettings(codec: codec, crf: crf), source: source, input: format, scale: 1)
        return [UInt8](try EncoderCatalog.open(settings, threads: 2).stream.parameters.extradata)
    }
}

/// seq_level_idx and seq_tier of the first operating point of a sequence header without timing, AV1 5.5.1.
private struct AV1Header {
    let level: Int
    let tier: Int

    init?(_ bytes: [UInt8]) {
        guard let header = OpenBitstreamUnits.sequenceHeader(of: Data(bytes)), header.count > 8 else { return nil }
        let bits = header.dropFirst(2).flatMap { (byte: UInt8) -> [Int] in
            (0..<8).map { (place: Int) -> Int in Int(byte >> UInt8(7 - place)) & 1 }
        }
        func value(_ at: Int, _ count: Int) -> Int { bits[at..<at + count].reduce(0) { $0 << 1 | $1 } }
        // profile 3, still 1, reduced 1, timing info 1, display delay 1, operating points 5, idc 12
        guard value(5, 1) == 0 else { return nil }
        level = value(24, 5)
        tier = level > 7 ? value(29, 1) : 0
    }
}
