import FarmModel
import Foundation
import Testing

@testable import Media

@Suite struct EncoderCatalogTests {
    static let source = VideoStream(
        parameters: CodecParameters(codec: "h264", width: 96, height: 64, sampleAspectRatio: Rational(4, 3)),
        timeBase: Rational(1, 90000), frameRate: Rational(24000, 1001))

    private func resolve(
        _ settings: JobSettings, pixels: String = "yuv420p", width: Int = 96, height: Int = 64, scale: Int = 2,
        color: ColorDescription = ColorDescription()
    ) throws -> EncodingSettings {
        let layout = try #require(PixelLayout(libavName: pixels))
        return try EncoderCatalog.resolve(
            settings: settings, source: Self.source,
            input: PictureFormat(width: width, height: height, layout: layout, color: color), scale: scale)
    }

    @Test(arguments: [
        (Codec.hevc, "yuv420p", "libx265", "yuv420p10le"), (.hevc, "yuv444p", "libx265", "yuv444p10le"),
        (.hevc, "gray", "libx265", "yuv420p10le"), (.hevc, "yuv440p", "libx265", "yuv444p10le"),
        (.hevc, "gbrp", "libx265", "gbrp10le"), (.h264, "yuv422p10le", "libx264", "yuv422p"),
        (.h264, "gbrp", "libx264", "yuv444p"), (.av1, "yuv444p", "libsvtav1", "yuv420p10le"),
        (.ffv1, "yuv420p", "ffv1", "yuv420p"), (.ffv1, "yuv422p12le", "ffv1", "yuv422p12le"),
        (.ffv1, "gray", "ffv1", "gray"), (.ffv1, "yuva422p10le", "ffv1", "yuva422p10le"),
        (.ffv1, "gbrap", "ffv1", "gbrap10le"), (.ffv1, "yuva444p12le", "ffv1", "yuva444p16le"),
        (.hevc, "yuva420p", "libx265", "yuv420p10le"), (.h264, "gbrap", "libx264", "yuv444p"),
        (.ffv1, "gbrp", "ffv1", "gbrp10le"),
    ])
    func defaults(_ codec: Codec, _ pixels: String, _ encoder: String, _ expected: String) throws {
        let resolved = try resolve(JobSettings(codec: codec), pixels: pixels)
        #expect(resolved.encoder == encoder)
        #expect(resolved.picture.layout.libavName == expected)
        #expect((resolved.picture.width, resolved.picture.height) == (192, 128))
        #expect(resolved.sampleAspectRatio == Rational(4, 3))
        #expect(resolved.timeBase == Rational(1, 90000))
        #expect(resolved.keyframeInterval == (codec == .ffv1 ? 1 : 240))
    }

    @Test func colourIsTheSourcesAndAnUntaggedMatrixIsNamedWhereTheConventionWouldChangeIt() throws {
        let tagged = ColorDescription(
            matrix: 9, primaries: 9, transfer: 16, isFullRange: true, chromaLocation: .topLeft)
        #expect(try resolve(JobSettings(), color: tagged).picture.color == tagged)
        #expect(try resolve(JobSettings()).picture.color.matrix == 2)
        let large = try resolve(JobSettings(preset: "ultrafast"), width: 640, height: 360, scale: 2)
        #expect(large.picture.color.matrix == 6)
        let finer = try resolve(JobSettings(pixelFormat: "yuv420p"), pixels: "yuv444p")
        #expect(finer.picture.color.chromaLocation == .left)
        #expect(try resolve(JobSettings(codec: .ffv1), pixels: "gbrp").picture.color.matrix == 0)
    }

    struct Tagging: Sendable {
        var pixels: String
        var color: ColorDescription
        var target: String
        var codec = Codec.ffv1
        var expected: ColorDescription
    }

    static let taggings = [
        // RGB to Y'CbCr: the matrix of the primaries; the range is kept.
        Tagging(
            pixels: "gbrp", color: ColorDescription(matrix: 0, transfer: 13, isFullRange: true), target: "yuv444p",
            codec: .h264, expected: ColorDescription(matrix: 1, transfer: 13, isFullRange: true)),
        Tagging(
            pixels: "gbrp12le", color: ColorDescription(matrix: 0, primaries: 9, transfer: 16, isFullRange: true),
            target: "yuv420p10le", codec: .hevc,
            expected: ColorDescription(
                matrix: 9, primaries: 9, transfer: 16, isFullRange: true, chromaLocation: .left)),
        // Y'CbCr to RGB
        Tagging(
            pixels: "yuv420p", color: ColorDescription(matrix: 6, primaries: 6, transfer: 6, chromaLocation: .center),
            target: "gbrp10le", expected: ColorDescription(matrix: 0, primaries: 6, transfer: 6)),
        // Gray to 4:2:0: chroma gets a place; a matrix that is none of Y'CbCr's goes.
        Tagging(
            pixels: "gray", color: ColorDescription(matrix: 1, primaries: 1), target: "yuv420p10le", codec: .hevc,
            expected: ColorDescription(matrix: 1, primaries: 1, chromaLocation: .left)),
        Tagging(
            pixels: "gray", color: ColorDescription(matrix: 8), target: "yuv420p10le", codec: .hevc,
            expected: ColorDescription(matrix: 1, chromaLocation: .left)),
        // Another grid
        Tagging(
            pixels: "yuv422p", color: ColorDescription(matrix: 5, isFullRange: true, chromaLocation: .center),
            target: "yuv420p", expected: ColorDescription(matrix: 5, isFullRange: true, chromaLocation: .left)),
        Tagging(
            pixels: "yuv422p", color: ColorDescription(matrix: 5, chromaLocation: .center), target: "yuv422p",
            expected: ColorDescription(matrix: 5)),
        Tagging(
            pixels: "yuv420p", color: ColorDescription(matrix: 9, chromaLocation: .topLeft), target: "yuv444p10le",
            expected: ColorDescription(matrix: 9)),
        Tagging(
            pixels: "yuv420p", color: ColorDescription(matrix: 9, chromaLocation: .topLeft), target: "yuv420p10le",
            codec: .hevc, expected: ColorDescription(matrix: 9, chromaLocation: .topLeft)),
    ]

    @Test(arguments: taggings) func theResultIsTaggedAsItsPixelsAreMade(_ tagging: Tagging) throws {
        let settings = JobSettings(codec: tagging.codec, pixelFormat: tagging.target)
        let resolved = try resolve(settings, pixels: tagging.pixels, color: tagging.color)
        #expect(resolved.picture.color == tagging.expected)
    }

    @Test func parametersAreTakenAndKeyintSetsTheInterval() throws {
        let resolved = try resolve(
            JobSettings(encoderParameters: [.init(key: "aq-mode", value: "3"), .init(key: "keyint", value: "48")]))
        #expect(resolved.parameters == [.init(key: "aq-mode", value: "3")])
        #expect(resolved.keyframeInterval == 48)
        for (codec, key, value) in [
            (Codec.hevc, "tune", "grain"), (.h264, "tune", "film"), (.h264, "me", "umh"), (.av1, "film-grain", "8"),
            (.ffv1, "context", "1"),
        ] {
            let parameter = EncoderParameter(key: key, value: value)
            #expect(try resolve(JobSettings(codec: codec, encoderParameters: [parameter])).parameters == [parameter])
        }
    }

    @Test(arguments: [
        (Codec.hevc, "open-gop"), (.hevc, "no-open-gop"), (.hevc, "--open_gop"), (.hevc, "noopen-gop"),
        (.hevc, "repeat-headers"), (.hevc, "info"), (.hevc, "pools"), (.hevc, "frame-threads"), (.hevc, "pass"),
        (.hevc, "stats"), (.hevc, "annexb"), (.hevc, "vbv-maxrate"), (.hevc, "zones"), (.h264, "stitchable"),
        (.h264, "force-cfr"), (.h264, "open-gop"), (.h264, "threads"), (.h264, "lookahead_threads"),
        (.h264, "repeat-headers"), (.h264, "pass"), (.av1, "lp"), (.av1, "pass"), (.av1, "irefresh-type"),
        (.av1, "crf"),
        (.ffv1, "slices"), (.hevc, "level-idc"), (.hevc, "high-tier"), (.hevc, "qp"), (.hevc, "eos"), (.h264, "qp"),
        (.h264, "n-deterministic"), (.av1, "resize-mode"), (.av1, "sframe-dist"), (.av1, "intra-period"),
    ])
    func refusesByNameWhatBreaksJoiningOrDeterminism(_ codec: Codec, _ key: String) throws {
        let settings = JobSettings(codec: codec, encoderParameters: [.init(key: key, value: "1")])
        let error = #expect(throws: MediaError.self) { try resolve(settings) }
        #expect(error?.kind == .settings)
        #expect(error?.message.contains("--encoder-params \(key) is refused") == true)
    }

    @Test(arguments: Codec.allCases)
    func refusesParametersThatTheEncoderDoesNotKnowOrTake(_ codec: Codec) throws {
        let known: [Codec: String] = [.hevc: "aq-mode", .h264: "me", .av1: "tile-rows", .ffv1: "context"]
        for (key, value) in [("frobnicate", "1"), (try #require(known[codec]), "banana")] {
            let settings = JobSettings(codec: codec, encoderParameters: [.init(key: key, value: value)])
            let error = #expect(throws: MediaError.self, "\(key)=\(value)") { try resolve(settings) }
            #expect(error?.kind == .settings)
            #expect(error?.message.contains(key) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("\n") == false)
        }
    }

    /// In the encoders' own words, which they write nowhere but to standard error.
    @Test(arguments: [
        (Codec.hevc, "ref", "99", "maxNumReferences must be 16 or smaller"),
        (.av1, "tile-rows", "99", "Log2Tile rows/cols"),
    ])
    func saysWhatTheEncoderDoesNotLike(_ codec: Codec, _ key: String, _ value: String, _ words: String) {
        let settings = JobSettings(codec: codec, encoderParameters: [.init(key: key, value: value)])
        let error = #expect(throws: MediaError.self) { try resolve(settings) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (JobSettings(encoder: "x266"), "unknown encoder x266"),
        (JobSettings(codec: .av1, encoder: "libx265"), "makes hevc"),
        (JobSettings(crf: 52), "crf 52"), (JobSettings(codec: .av1, crf: 64), "crf 64"),
        (JobSettings(crf: -1), "crf -1"),
        (JobSettings(preset: "hasty"), "unknown preset hasty"),
        (JobSettings(codec: .av1, preset: "14"), "unknown preset 14"),
        (JobSettings(codec: .ffv1, preset: "fast"), "it has none"),
        (JobSettings(codec: .av1, pixelFormat: "yuv444p10le"), "does not take pixel format yuv444p10le"),
        (JobSettings(pixelFormat: "nv12"), "does not take pixel format nv12"),
    ])
    func refusesSettingsThatTheEncoderCannot(_ settings: JobSettings, _ words: String) throws {
        let error = #expect(throws: MediaError.self) { try resolve(settings) }
        #expect(error?.kind == .settings)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    struct Height: Sendable {
        var asked: Int
        var pixels = "yuv420p"
        var size = (width: 96, height: 64)
        var scale = 2
        var isShownTurned = false
        var expected: (width: Int, height: Int)
    }

    private func size(_ height: Height) throws -> (width: Int, height: Int) {
        let layout = try #require(PixelLayout(libavName: height.pixels))
        let input = PictureFormat(
            width: height.size.width, height: height.size.height, layout: layout, color: ColorDescription())
        let picture = try EncoderCatalog.resolve(
            settings: JobSettings(height: height.asked, codec: .ffv1), source: Self.source, input: input,
            scale: height.scale, isShownTurned: height.isShownTurned
        ).picture
        return (picture.width, picture.height)
    }

    @Test(arguments: [
        Height(asked: 90, expected: (136, 90)), Height(asked: 90, pixels: "yuv444p", expected: (135, 90)),
        Height(asked: 91, pixels: "yuv422p", expected: (136, 91)),
        Height(asked: 91, pixels: "gray", expected: (137, 91)),
        Height(asked: 90, pixels: "yuv411p", expected: (136, 90)), Height(asked: 512, expected: (768, 512)),
        Height(asked: 16, expected: (24, 16)), Height(asked: 128, expected: (192, 128)),
        // Its width is what is seen as its height.
        Height(asked: 90, isShownTurned: true, expected: (90, 60)),
        Height(asked: 91, pixels: "yuv440p", isShownTurned: true, expected: (91, 60)),
        // The network's own size stays, odd or not.
        Height(asked: 189, size: (97, 63), scale: 3, expected: (291, 189)),
        Height(asked: 480, size: (720, 576), scale: 1, expected: (600, 480)),
        Height(asked: 720, size: (854, 480), scale: 2, expected: (1282, 720)),
    ])
    func aHeightGivesAWidth(_ height: Height) throws {
        let (width, made) = try size(height)
        #expect(width == height.expected.width && made == height.expected.height)
    }

    @Test(arguments: [
        (Height(asked: 91, expected: (0, 0)), "give 90 or 92"),
        (Height(asked: 91, pixels: "yuv422p", isShownTurned: true, expected: (0, 0)), "give 90 or 92"),
        (Height(asked: 514, expected: (0, 0)), "128 that the model makes at x2: give 16 to 512"),
        (Height(asked: 770, isShownTurned: true, expected: (0, 0)), "give 16 to 768"),
    ])
    func heightsThatCannotBeAreRefused(_ height: Height, _ words: String) throws {
        let error = #expect(throws: MediaError.self) { try size(height) }
        #expect(error?.kind == .settings && error?.message.contains("--height \(height.asked)") == true)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func refusesSizesThatTheEncoderCannot() throws {
        for (settings, width, height, scale) in [
            (JobSettings(), 4000, 3000, 4), (JobSettings(codec: .h264), 8192, 4320, 2),
            (JobSettings(codec: .av1), 16, 16, 3),
            (JobSettings(codec: .h264), 97, 64, 1), (JobSettings(), 97, 63, 3), (JobSettings(codec: .av1), 97, 64, 1),
        ] {
            let error = #expect(throws: MediaError.self) {
                try resolve(settings, width: width, height: height, scale: scale)
            }
            #expect(error?.kind == .settings)
            #expect(error?.message.contains("\(width * scale)x\(height * scale)") == true)
        }
        #expect(try resolve(JobSettings(codec: .ffv1), width: 97, height: 63, scale: 3).picture.width == 291)
        #expect(
            try resolve(JobSettings(pixelFormat: "yuv444p10le"), width: 97, height: 63, scale: 3).picture.height == 189)
    }
}
