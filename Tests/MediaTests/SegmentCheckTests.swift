import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

@Suite struct SegmentCheckTests {
    private static let timestamps = (0..<12).map { Int64($0 * 40) }

    private func segment(
        _ folder: TemporaryFolder, change: (inout VideoStream, inout [VideoPacket]) -> Void = { _, _ in }
    )
        throws -> (path: String, settings: EncodingSettings)
    {
        let film = try SyntheticFilm()
        let settings = try film.settings(.hevc)
        var (stream, packets) = try film.encode(0..<12, settings)
        change(&stream, &packets)
        let path = folder.path("segment")
        var writer = try PacketFileWriter(path: path, stream: stream)
        for packet in packets { try writer.append(packet) }
        try writer.finish()
        return (path, settings)
    }

    private func refusal(_ words: String, _ change: (inout VideoStream, inout [VideoPacket]) -> Void) throws {
        let folder = try TemporaryFolder()
        let (path, settings) = try segment(folder, change: change)
        let error = #expect(throws: MediaError.self) {
            try SegmentCheck.check(path: path, timestamps: Self.timestamps, encoding: settings)
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func acceptsWhatWasPromised() throws {
        let folder = try TemporaryFolder()
        let (path, settings) = try segment(folder)
        let summary = try SegmentCheck.check(path: path, timestamps: Self.timestamps, encoding: settings)
        let reader = try PacketFileReader(path: path)
        var bytes: Int64 = 0
        while let packet = try reader.next() { bytes += Int64(packet.payload.count) }
        #expect(summary.packets == 12)
        #expect(summary.bytes == bytes)
        #expect(summary.parameterSetsSHA256 == SegmentCheck.parameterSetsSHA256(of: reader.stream))
        #expect(summary.parameterSetsSHA256.count == 64)
        try EncodedSegmentVerifier.verify(path: path, timestamps: Self.timestamps)
    }

    /// Where the encoder was to begin anew, it must have.
    @Test func looksForTheKeyframesThatWerePromised() throws {
        let folder = try TemporaryFolder()
        let (path, settings) = try segment(folder) { _, packets in packets[0].flags = .key }
        func check(_ keyframes: [Int64]) throws {
            try SegmentCheck.check(
                path: path, timestamps: Self.timestamps, keyframes: keyframes, encoding: settings)
        }
        try check([0])
        let error = #expect(throws: MediaError.self) { try check([0, 240]) }
        #expect(error?.message.contains("no keyframe at 240") == true)
    }

    @Test func namesWhatIsNotAsPromised() throws {
        try refusal("11 frames") { $1.removeLast() }
        try refusal("more than the 12") { $1.append($1[3]) }
        try refusal("frame at 41") { stream, packets in
            for index in packets.indices where packets[index].pts == 40 { packets[index].pts = 41 }
        }
        try refusal("frame at 80") { stream, packets in
            for index in packets.indices where packets[index].pts == 40 { packets[index].pts = 80 }
        }
        try refusal("no timestamp") { $1[5].pts = nil }
        try refusal("keyframe") { $1[0].flags = [] }
        try refusal("is empty") { $1[4].payload = Data() }
        try refusal("side data") { $1[4].sideData = [.init(type: 1, bytes: Data([1]))] }
        try refusal("h264") { stream, _ in stream.parameters.codec = "h264" }
        try refusal("98x64") { stream, _ in stream.parameters.width = 98 }
        try refusal("yuv420p,") { stream, _ in stream.parameters.pixelFormat = "yuv420p" }
        try refusal("counts in") { stream, _ in stream.timeBase = Rational(1, 25) }
        try refusal("no parameter sets") { stream, _ in stream.parameters.extradata = Data() }
    }

    @Test func damagedFilesAreRefusedAndNeverCrash() throws {
        let folder = try TemporaryFolder()
        let (path, settings) = try segment(folder)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let damaged = folder.path("damaged")
        var random = SystemRandomNumberGenerator()
        func refused(_ data: Data) throws -> Bool {
            try data.write(to: URL(fileURLWithPath: damaged))
            do {
                try SegmentCheck.check(path: damaged, timestamps: Self.timestamps, encoding: settings)
                return false
            } catch { return true }
        }
        #expect(try !refused(whole))
        for length in stride(from: 0, to: whole.count, by: 97) {
            #expect(try refused(whole.prefix(length)), "cut to \(length) bytes")
            _ = try? SegmentTimestamps.read(damaged)
        }
        for _ in 0..<300 {
            var data = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try refused(data)
            _ = try? SegmentTimestamps.read(damaged)
        }
        for length in [0, 1, 12, 4096] {
            #expect(try refused(Data((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })))
        }
        // A header and a record that claim to be longer than the file.
        #expect(try refused(whole.prefix(8) + Data([0xFF, 0xFF, 0xFF, 0x3F]) + whole.dropFirst(12)))
    }

    @Test(arguments: [1, 4]) func theWorkerSeesWhatDoesNotDecode(threads: Int) throws {
        let folder = try TemporaryFolder()
        let (path, _) = try segment(folder)
        let fewer = #expect(throws: MediaError.self) {
            try EncodedSegmentVerifier.verify(path: path, timestamps: Self.timestamps + [480], threads: threads)
        }
        #expect(fewer?.message.contains("1 frames too few") == true)
        #expect(throws: MediaError.self) {
            try EncodedSegmentVerifier.verify(path: path, timestamps: Self.timestamps.dropLast(), threads: threads)
        }
        let (broken, _) = try segment(folder) { _, packets in
            packets[3].payload.replaceSubrange(0..<4, with: [0x7F, 0xFF, 0xFF, 0xFF])
        }
        #expect(throws: MediaError.self) {
            try EncodedSegmentVerifier.verify(path: broken, timestamps: Self.timestamps, threads: threads)
        }
    }
}
