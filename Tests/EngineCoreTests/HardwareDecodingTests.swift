import EngineProtocol
import FarmModel
import Foundation
import Inference
import Machine
import Models
import Synchronization
import TestSupport
import Testing

@testable import EngineCore
@testable import Media

/// Hardware decodes what it can, and software does the rest: every frame once, and the same.
@Suite struct HardwareDecodingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func film(_ kind: FilmKind) async throws -> BenchFilm {
        try BenchFilm(
            film: try await Fixtures.shared.film(kind), model: try ModelLibrary().resolve("nearest", scale: 2),
            encoding: BenchEncoding(preset: "ultrafast"), batch: 2, segments: 3, longest: .max,
            blendRadius: 0,
            cpuEngine: .auto,
            directory: folder.url.path)
    }

    private func hashes(_ source: any PictureSource) throws -> [String] {
        var hashes: [String] = []
        while let (number, picture) = try source.next() { hashes.append("\(number) \(frameHash(picture))") }
        #expect(source.missing == [] && source.damaged == [])
        return hashes
    }

    @Test(.disabled(if: NVIDIADriver.isInstalled)) func withoutADriverSoftwareDecodesAndOneNoticeSaysWhy() async throws
    {
        let film = try await film(.x264OpenMKV)
        let notices = Mutex<[String]>([])
        let parts = PipelineParts.real(device: .cuda(0), threads: 1, decoding: .nvdec) { text in
            notices.withLock { $0.append(text) }
        }
        #expect(film.orders.count == 3)
        for order in film.orders {
            let expected = try hashes(try SegmentDecoder(order: order, threads: 0))
            #expect(try hashes(try parts.source(order)) == expected && !expected.isEmpty)
        }
        let said = notices.withLock { $0 }
        #expect(said.count == 1, "\(said)")
        #expect(said.first?.hasPrefix("decoding on the CPU: opening NVDEC of cuda:0: ") == true)
        #expect(said.first?.hasSuffix("Could not dynamically load CUDA); see `worker doctor`") == true, "\(said)")
    }

    @Test func onTheCPUThereIsNoHardwareAndByDefaultNobodyAsks() async throws {
        let order = try #require(try await film(.vp9).orders.first)
        for (unit, words) in [(DecodingUnit.nvdec, "this one runs on the CPU"), (.cpu, nil)] {
            let notices = Mutex<[String]>([])
            let sources = SegmentSources(unit, on: .cpu) { text in notices.withLock { $0.append(text) } }
            #expect(try sources.source(of: order) is SegmentDecoder)
            let said = notices.withLock { $0 }
            #expect(said.count == (words == nil ? 0 : 1) && said.allSatisfy { $0.hasSuffix(words ?? "") }, "\(said)")
        }
    }

    /// What the job knows of the film, and what the segment's own file says of it.
    @Test(arguments: [FilmKind.x264Closed, .x264Interlaced, .x265OpenMKV, .vp9, .mpeg2TS, .av1])
    func theJobAndItsSegmentsAgree(kind: FilmKind) async throws {
        let order = try #require(try await film(kind).orders.first)
        let isKnown = ![.mpeg2TS, .av1].contains(kind)
        #expect((SegmentSources.refusal(of: order.task.recipe) == nil) == isKnown)
        let parameters = try PacketFileReader(path: order.inputPath).stream.parameters
        #expect((HardwareDecoder.refusal(of: parameters) == nil) == isKnown)
    }

    @Test func preparationIsDoneInHostMemory() async throws {
        var recipe = try #require(try await film(.x264Interlaced).orders.first).task.recipe
        recipe.preparation = Preparation(deinterlacing: .flagged)
        #expect(SegmentSources.refusal(of: recipe)?.contains("deinterlaced or turned upright") == true)
    }
}

/// Where there is a device: pictures that never saw the host become what others do.
@Suite(.serialized, .enabled(if: DeviceInfo.all().contains { $0.device == .cuda(0) })) struct DeviceDecodingTests {
    /// HEVC and VP9 of the films' size are too small for the unit.
    @Test(arguments: [FilmKind.x264OpenMKV, .x264Interlaced, .x264Pyramid, .variableRateMP4])
    func theSameOnTheDevice(kind: FilmKind) async throws {
        let folder = try TemporaryFolder()
        let film = try BenchFilm(
            film: try await Fixtures.shared.film(kind), model: try ModelLibrary().resolve("nearest", scale: 2),
            encoding: BenchEncoding(preset: "ultrafast"), batch: 2, segments: 3, longest: .max,
            blendRadius: 0,
            cpuEngine: .auto,
            directory: folder.url.path)
        // Opens NVDEC before anything else touches the device.
        let onDevice = PipelineParts.real(device: .cuda(0), threads: 1, decoding: .nvdec) { Issue.record("\($0)") }
        let onCPU = PipelineParts.real(device: .cuda(0), threads: 1) { Issue.record("\($0)") }
        for order in film.orders {
            #expect(try upscaled(order, onDevice) == upscaled(order, onCPU))
            #expect(try onDevice.source(order).next()?.picture is DevicePicture)
        }
    }

    private func upscaled(_ order: SegmentOrder, _ parts: PipelineParts) throws -> [String] {
        let (source, upscaler) = (try parts.source(order), try parts.upscaler(order))
        var results: [PictureUpscaler.Numbered] = []
        while let (number, picture) = try source.next() { results += try upscaler.take([picture], numbers: [number]) }
        results += try upscaler.finish()
        #expect(results.map(\.number) == Array(order.task.range.first..<order.task.range.end))
        return results.map { frameHash($0.picture) }
    }
}

/// A segment's way from decoder to network with the CPU in the device's place, whose memory it can read.
@Suite struct StandInHardwareTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func orders(_ film: String) throws -> [SegmentOrder] {
        try BenchFilm(
            film: film, model: try ModelLibrary().resolve("nearest", scale: 2),
            encoding: BenchEncoding(preset: "ultrafast"), batch: 2,
            segments: 3,
            longest: .max, blendRadius: 0, cpuEngine: .auto, directory: folder.url.path
        ).orders
    }

    private func hardware(_ order: SegmentOrder) throws -> SegmentDecoder {
        try SegmentDecoder(order, onto: .cpu) { try VideoDecoder(stream: $0, threads: 1) }
    }

    private func pictures(_ source: any PictureSource) throws -> [String] {
        var pictures: [String] = []
        while let (number, picture) = try source.next() { pictures.append("\(number) \(frameHash(picture))") }
        return pictures
    }

    @Test(arguments: [FilmKind.x264OpenMKV, .x265OpenMKV, .vp9]) func picturesAreCopiedAndTheSame(kind: FilmKind)
        async throws
    {
        for order in try orders(try await Fixtures.shared.film(kind)) {
            let expected = try pictures(try SegmentDecoder(order: order, threads: 1))
            #expect(try pictures(try hardware(order)) == expected && !expected.isEmpty)
            #expect(try hardware(order).next()?.picture is DevicePicture)
        }
    }

    /// Whatever is amiss, and wherever, the segment is what software alone makes of it.
    @Test(arguments: [FilmKind.x264OpenTS, .x265OpenMKV, .vp9], Fixtures.Damage.allCases)
    func damagedSegmentsAreDecodedAnew(kind: FilmKind, damage: Fixtures.Damage) async throws {
        var notices: [String] = []
        for order in try orders(try await Fixtures.shared.damagedFilm(kind, damage)) {
            let software = try SegmentDecoder(order: order, threads: 1)
            let expected = try pictures(software)
            let source = FallbackSource(
                hardware: { try hardware(order) }, software: { try SegmentDecoder(order: order, threads: 1) },
                notice: { notices.append($0) })
            #expect(try pictures(source) == expected)
            #expect(source.missing == software.missing && source.damaged == software.damaged)
        }
        // What is lost between packets, where no reference was, nobody notices.
        #expect(damage == .loss || notices.count == 1, "\(notices)")
        #expect(notices.allSatisfy { $0.hasPrefix("the stream is damaged: ") || $0.hasSuffix(" did not come") })
    }

    @Test func framesThatDoNotComeAreNoticedBeforeAnythingIsGiven() async throws {
        let order = try #require(try orders(try await Fixtures.shared.film(.x265CRAStart)).first)
        let decoder = try hardware(order)
        let doubt = #expect(throws: HardwareDoubt.self) { try decoder.next() }
        #expect(doubt?.description == "frame 0 did not come")
    }

    /// Software may take them for a neighbour's end; hardware does not judge that.
    @Test func picturesOfAnotherFormatAreNone() async throws {
        var order = try #require(try orders(try await Fixtures.shared.film(.x264Closed)).first)
        order.task.recipe.input.width += 2
        let decoder = try hardware(order)
        #expect(throws: UnexpectedPicture.self) { try decoder.next() }
    }
}

/// The rest of a segment whose hardware fails.
@Suite struct FallbackSourceTests {
    private static let order = StandIn.order(0, frames: 8)

    /// What comes, and what was said.
    private func run(
        hardware: @escaping () throws -> any PictureSource, missing: [Int] = []
    ) throws -> (numbers: [Int], missing: [Int], damaged: [Int], notices: [String]) {
        let notices = Mutex<[String]>([])
        let source = FallbackSource(
            hardware: hardware, software: { StandInSource(Self.order.task.context, missing: missing) },
            notice: { text in notices.withLock { $0.append(text) } })
        var numbers: [Int] = []
        while let (number, _) = try source.next() { numbers.append(number) }
        #expect(try source.next() == nil, "the end stays the end")
        return (numbers, source.missing, source.damaged, notices.withLock { $0 })
    }

    private func failing(at number: Int) -> any PictureSource {
        StandInSource(Self.order.task.context) {
            if $0 == number { throw HardwareDoubt("frame \(number) did not come") }
        }
    }

    @Test func wholeSegmentsComeFromHardwareAlone() throws {
        let outcome = try run(hardware: { StandInSource(Self.order.task.context) }, missing: [3])
        #expect(outcome == (Array(0..<8), [], [], []))
    }

    @Test(arguments: 0..<8) func everyFrameComesOnceWhereverItFails(number: Int) throws {
        let outcome = try run(hardware: { failing(at: number) })
        #expect(outcome == (Array(0..<8), [], [], ["frame \(number) did not come"]))
    }

    @Test func hardwareThatDoesNotOpenCostsNothing() throws {
        let outcome = try run(hardware: { throw MediaError(.codec, "no surfaces") })
        #expect(outcome == (Array(0..<8), [], [], ["no surfaces"]))
    }

    /// Frame 2 is here, though software says that nothing can decode it: it is called damaged, and frame 6 is missing.
    @Test func softwareJudgesWhatIsMissing() throws {
        let outcome = try run(hardware: { failing(at: 5) }, missing: [2, 6])
        #expect(outcome == ([0, 1, 2, 3, 4, 5, 7], [6], [2], ["frame 5 did not come"]))
    }

    @Test func whatFailsInSoftwareTooIsAnError() {
        let source = FallbackSource(
            hardware: { failing(at: 1) }, software: { throw MediaError(.source, "cannot be read") }, notice: { _ in })
        #expect(throws: Never.self) { try source.next() }
        #expect(throws: MediaError(.source, "cannot be read")) { try source.next() }
    }

    @Test func thePromiseIsEveryFrameInOrderAndNoDamage() throws {
        var promise = HardwarePromise(FrameRange(4, 7))
        #expect(throws: Never.self) {
            try promise.expectNone(VideoDecoder.Damage())
            for number in 4..<6 { try promise.expect(number) }
        }
        #expect(throws: HardwareDoubt.self) { try promise.expectEnd() }
        let gap = #expect(throws: HardwareDoubt.self) { try promise.expect(7) }
        #expect(gap?.description == "frame 6 did not come")
        var damage = VideoDecoder.Damage()
        (damage.packets, damage.message) = (1, "[h264] no frame!")
        let doubt = #expect(throws: HardwareDoubt.self) { try promise.expectNone(damage) }
        #expect(doubt?.description == "the stream is damaged: [h264] no frame!")
        try promise.expect(6)
        #expect(throws: Never.self) { try promise.expectEnd() }
    }
}
