import CLibAV
import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Encoding by a device's own unit, as far as a machine without one can tell.
@Suite struct HardwareEncoderTests {
    private static let hasDriver = dlopen("libcuda.so.1", RTLD_NOW) != nil
    private static let hasUnit = EncoderCatalog.offered(on: 0).names.contains("hevc_nvenc")

    private func resolve(
        _ settings: JobSettings, pixels: String = "yuv420p", color: ColorDescription = ColorDescription()
    ) throws -> EncodingSettings {
        let layout = try #require(PixelLayout(libavName: pixels))
        return try EncoderCatalog.resolve(
            settings: settings, source: EncoderCatalogTests.source,
            input: PictureFormat(width: 320, height: 180, layout: layout, color: color), scale: 2)
    }

    private func settings(
        _ codec: Codec = .hevc, crf: Int = 18, preset: String? = nil, _ parameter: (String, String)? = nil
    )
        -> JobSettings
    {
        var settings = JobSettings(codec: codec, encoder: "\(codec.rawValue)_nvenc", crf: crf, preset: preset)
        settings.encoderParameters = parameter.map { [EncoderParameter(key: $0, value: $1)] } ?? []
        return settings
    }

    @Test(arguments: [
        (Codec.hevc, "yuv420p", "yuv420p10le"), (.hevc, "yuv444p", "yuv444p10le"), (.hevc, "yuv422p", "yuv444p10le"),
        (.hevc, "gray", "yuv420p10le"), (.h264, "yuv420p10le", "yuv420p"), (.h264, "gbrp", "yuv444p"),
    ]) func whereNothingOpensItAJobCanAskForIt(codec: Codec, pixels: String, expected: String) throws {
        let resolved = try resolve(settings(codec), pixels: pixels)
        #expect(resolved.encoder == "\(codec.rawValue)_nvenc" && resolved.preset == "p5" && resolved.crf == 18)
        #expect(resolved.picture.layout.libavName == expected)
    }

    /// A context, and pictures of ten bits that wait or are referred to.
    @Test func itsMemoryIsReckonedWith() throws {
        let picture: Int64 = 640 * 360 * 3 / 2 * 2
        #expect(try resolve(settings()).deviceMemory == 512 << 20 + 24 * picture)
        #expect(try resolve(settings(.hevc, ("rc-lookahead", "20"))).deviceMemory == 512 << 20 + 44 * picture)
    }

    @Test func nobodyGetsItUnasked() throws {
        #expect(try resolve(JobSettings()).encoder == "libx265")
        #expect(try resolve(JobSettings(codec: .h264)).encoder == "libx264")
        #expect(try resolve(JobSettings()).deviceMemory == 0)
    }

    /// Its bitstream says nothing of where chroma lies, so it lies where players take it to.
    @Test func chromaLiesLeft() throws {
        let color = ColorDescription(matrix: 9, primaries: 9, transfer: 16, chromaLocation: .topLeft)
        #expect(try resolve(settings(), color: color).picture.color.chromaLocation == .left)
        #expect(try resolve(settings()).picture.color.chromaLocation == .unspecified)
        #expect(try resolve(JobSettings(), color: color).picture.color.chromaLocation == .topLeft)
    }

    @Test func whatItDoesNotTakeIsSaidWhenTheJobIsMade() throws {
        let refused: [(JobSettings, String)] = [
            (settings(crf: 0), "crf 0 is outside hevc_nvenc's range 1 to 51"),
            (settings(preset: "medium"), "unknown preset medium for hevc_nvenc; it has: p1, p2"),
            (settings(.hevc, ("gpu", "1")), "gpu is refused for hevc_nvenc: the result would depend on the machine"),
            (settings(.h264, ("rc", "cbr")), "rc is refused for h264_nvenc"),
            (settings(.hevc, ("sharpness", "1")), "hevc_nvenc does not take sharpness=1"),
            (settings(.hevc, ("multipass", "9")), "hevc_nvenc does not take multipass=9"),
            (settings(.hevc, ("tune", "lossless")), "tune is refused for hevc_nvenc"),
            (settings(.hevc, ("temporal_aq", "1")), "temporal_aq is refused for hevc_nvenc: not every device does it"),
            (settings(.hevc, ("rc-lookahead", "40")), "rc-lookahead=40: hevc_nvenc takes 0 to 28"),
        ]
        for (settings, words) in refused {
            let error = #expect(throws: MediaError.self, "\(words)") { try resolve(settings) }
            #expect(error?.kind == .settings && error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(try resolve(settings(.hevc, ("spatial-aq", "1"))).parameters.count == 1)
    }

    @Test func aPictureTooLargeIsRefusedWhenTheJobIsMade() throws {
        var large = settings(.h264)
        large.height = 2880
        #expect(throws: MediaError.self) {
            try EncoderCatalog.resolve(
                settings: large, source: EncoderCatalogTests.source,
                input: PictureFormat(
                    width: 2560, height: 1440,
                    layout: PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1),
                    color: ColorDescription()),
                scale: 2)
        }
    }

    @Test(.disabled(if: hasDriver)) func withoutADriverItDoesNotOpenAndIsNotOffered() throws {
        let error = #expect(throws: MediaError.self) { try EncoderCatalog.open(resolve(settings()), threads: 1) }
        #expect(error?.message.hasPrefix("hevc_nvenc does not open for 640x360 yuv420p10le") == true)
        #expect(error?.message.contains("libcuda.so.1") == true, "\(error?.message ?? "")")
        let offered = EncoderCatalog.offered(on: 0)
        #expect(offered.names == ["libx265", "libx264", "libsvtav1", "ffv1"])
        #expect(Set(offered.refusals.keys).isSuperset(of: ["hevc_nvenc", "h264_nvenc"]))
        #expect(EncoderCatalog.offered(on: nil).names == offered.names)
        #expect(EncoderCatalog.offered(on: nil).refusals.isEmpty)
    }

    /// On a machine that has such a unit: what all encoders promise.
    @Test(
        .enabled(if: hasUnit, "this machine has no NVENC"),
        arguments: [(Codec.hevc, "yuv420p10le"), (.hevc, "yuv420p"), (.hevc, "yuv444p10le"), (.h264, "yuv420p")])
    func whatItMakesIsLikeWhatOthersMake(codec: Codec, pixels: String) throws {
        let film = try SyntheticFilm(width: 322, height: 182, pixelFormat: pixels)
        var settings = try film.settings(codec, keyframes: 24)
        (settings.encoder, settings.preset) = ("\(codec.rawValue)_nvenc", "p5")
        let (stream, packets) = try film.encode(0..<40, settings)
        #expect(packets.compactMap(\.pts).sorted() == (0..<40).map { $0 * 40 })
        #expect(packets.filter { $0.flags.contains(.key) }.compactMap(\.pts) == [0, 960])
        // Segments share their parameter sets, which are in no packet.
        #expect(try film.encode(40..<43, settings).stream == stream)
        for packet in packets {
            let units = try #require(CodedUnits.split(lengthPrefixed: packet.payload))
            #expect(!units.isEmpty && units.allSatisfy { !CodedUnits.isHeader($0, of: codec) })
        }
        let decoder = try VideoDecoder(stream: stream, threads: 1)
        let frames = try packets.flatMap { try decoder.decode($0) } + decoder.finish()
        #expect(decoder.damage.isEmpty && frames.compactMap(\.timestamp) == (0..<40).map { $0 * 40 })
        for (number, frame) in frames.enumerated() {
            try #require(frame.format.layout == film.format.layout)
            #expect(meanDifference(frame, film.picture(number)) < 0.03, "frame \(number)")
        }
    }

    @Test(
        .enabled(if: hasUnit, "this machine has no NVENC"),
        arguments: [(Codec.hevc, "yuv420p10le", "mkv"), (.hevc, "yuv420p", "mp4"), (.h264, "yuv420p", "mp4")])
    func itsSegmentsAreJoinedWithoutATrace(codec: Codec, pixels: String, container: String) async throws {
        let source = try await Fixtures.shared.film(.x264OpenMKV)
        let film = try JoinedFilm(
            source: source, codec: codec, encoder: "\(codec.rawValue)_nvenc", pixels: pixels, container: container
        ).write()
        #expect(try await complaints(film.path) == "")
        #expect(try await referenceFrames(film.path).map(\.hash) == film.segmentFrames())
    }

    /// Of all samples, in parts of the range.
    private func meanDifference(_ one: any PlanarPicture, _ other: any PlanarPicture) -> Double {
        let layout = one.format.layout
        var (sum, count) = (0.0, 0)
        for index in 0..<layout.planeCount {
            let size = one.format.planeSize(index)
            for (x, y) in (0..<size.height).flatMap({ y in (0..<size.width).map { ($0, y) } }) {
                func sample(_ picture: any PlanarPicture) -> Int {
                    let at = y * picture.stride(index) + x * layout.bytesPerSample
                    return layout.bytesPerSample == 1
                        ? Int(picture.plane(index).load(fromByteOffset: at, as: UInt8.self))
                        : Int(picture.plane(index).load(fromByteOffset: at, as: UInt16.self))
                }
                sum += Double(abs(sample(one) - sample(other)))
                count += 1
            }
        }
        return sum / Double(count) / Double(1 << layout.bitDepth)
    }

    /// Its samples are in a word's high bits, and chroma's planes may be one.
    @Test(arguments: [("yuv420p10le", true), ("yuv444p10le", false)])
    func samplesAreWhereTheUnitReadsThem(pixels: String, isHalfPlanar: Bool) throws {
        var film = try SyntheticFilm(width: 322, height: 182, pixelFormat: pixels)
        film.noise = 0.5
        var settings = try film.settings(.hevc)
        settings.encoder = "hevc_nvenc"
        settings.preset = "p5"
        let context = try LibAVContext(settings: settings, threads: 1, opens: false)
        let (frame, picture) = (try context.emptyPicture(), film.picture(3))
        try #require(try PlanePacker(for: settings)).pack(picture, into: frame.pointer)
        let (data, lines) = (frame.pointer.pointee.data, frame.pointer.pointee.linesize)
        for index in 0..<3 {
            let size = film.format.planeSize(index)
            let (plane, stride, step, offset) =
                switch (index, isHalfPlanar) {
                case (0, _): (data.0, lines.0, 1, 0)
                case (_, true): (data.1, lines.1, 2, index - 1)
                case (1, _): (data.1, lines.1, 1, 0)
                default: (data.2, lines.2, 1, 0)
                }
            let samples = UnsafeRawPointer(try #require(plane))
            for (x, y) in (0..<size.height).flatMap({ y in (0..<size.width).map { ($0, y) } }) {
                let packed = samples.load(fromByteOffset: y * Int(stride) + 2 * (x * step + offset), as: UInt16.self)
                let own = picture.plane(index).load(fromByteOffset: y * picture.stride(index) + 2 * x, as: UInt16.self)
                guard packed >> 6 == own else {
                    Issue.record("plane \(index) at \(x), \(y): \(packed >> 6), not \(own)")
                    return
                }
            }
        }
    }

    /// Units behind start codes of three and of four bytes, with zeros before and behind.
    @Test(arguments: [Codec.hevc, .h264]) func unitsAreFoundBetweenStartCodes(codec: Codec) throws {
        var film = try SyntheticFilm(pixelFormat: "yuv420p")
        film.noise = 0.4
        let (stream, packets) = try film.encode(0..<12, film.settings(codec))
        for (index, packet) in packets.enumerated() {
            let units = try #require(CodedUnits.split(lengthPrefixed: packet.payload))
            var coded = Data(repeating: 0, count: index % 3)
            for (place, unit) in units.enumerated() {
                coded += [0, 0, 1] + unit + Data(repeating: 0, count: (index + place) % 4)
            }
            // As a part of other data, whose indices do not begin at 0.
            let part = (Data([9, 9, 9]) + coded).dropFirst(3)
            #expect(CodedUnits.split(startCoded: part) == units)
            #expect(units.allSatisfy { !CodedUnits.isHeader($0, of: codec) })
        }
        #expect(CodedUnits.split(startCoded: Data([0, 0])).isEmpty && CodedUnits.split(startCoded: Data()).isEmpty)
        // Parameter sets, too, make the same headers whichever way they came.
        let (own, layout) = (stream.parameters.extradata, film.format.layout)
        let sets = Self.units(ofConfiguration: own, codec: codec)
        #expect(sets.count == (codec == .hevc ? 3 : 2) && sets.allSatisfy { CodedUnits.isHeader($0, of: codec) })
        let found = CodedUnits.split(startCoded: sets.reduce(into: Data()) { $0 += [0, 0, 0, 1] + $1 })
        let (chroma, depth) = (layout.chromaFormat, layout.bitDepth)
        let made =
            codec == .hevc
            ? DecoderConfiguration.hvcC(found, chromaFormat: chroma, bitDepth: depth)
            : DecoderConfiguration.avcC(found, chromaFormat: chroma, bitDepth: depth)
        #expect(made == own)
    }

    /// What an hvcC or avcC holds: each unit behind its length in two bytes, in arrays of a kind.
    private static func units(ofConfiguration data: Data, codec: Codec) -> [Data] {
        var (units, at): ([Data], Int) = ([], codec == .hevc ? 22 : 5)
        func number(_ size: Int) -> Int {
            defer { at += size }
            return data[at..<at + size].reduce(0) { $0 << 8 | Int($1) }
        }
        func takeUnits(_ count: Int) {
            for _ in 0..<count {
                let length = number(2)
                units.append(Data(data[at..<at + length]))
                at += length
            }
        }
        if codec == .hevc {
            for _ in 0..<number(1) {
                _ = number(1)  // their type
                takeUnits(number(2))
            }
        } else {
            takeUnits(number(1) & 0x1F)
            takeUnits(number(1))
        }
        return units
    }
}
