import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Which packets decoding may start at.
@Suite struct EntryPointTests {
    private func keyframes(_ kind: FilmKind) async throws -> [Int] {
        let film = try await Fixtures.shared.film(kind)
        return try await onThread {
            let folder = try TemporaryFolder()
            return try FilmIndexer.index(film, store: folder.path("store")).table.keyframes
        }
    }

    /// Flagged every 24 frames, but only the first picture is whole.
    @Test func intraRefresh() async throws {
        let film = try await Fixtures.shared.film(.x264IntraRefresh)
        let flags = try await run("ffprobe", ["-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0", film])
        #expect(String(decoding: flags, as: UTF8.self).split(separator: "\n").count { $0.hasPrefix("K") } > 1)
        #expect(try await keyframes(.x264IntraRefresh) == [0])
    }

    @Test(arguments: [
        FilmKind.x264Closed, .x264OpenMKV, .x264OpenMP4, .x264OpenTS, .x265OpenMKV, .x265OpenMP4, .x265OpenTS,
    ])
    func everyGOP(kind: FilmKind) async throws {
        #expect(try await keyframes(kind) == [0, 24, 48, 72, 96])
    }

    @Test func unitsOfBothFramings() {
        let first: [UInt8] = [0x67, 1, 2]
        let second: [UInt8] = [0x65, 0, 0, 3, 1]
        let annexB = Data([0, 0, 0, 1] + first + [0, 0, 1] + second)
        let framed = Data([0, 0, 0, 3] + first + [0, 0, 0, 5] + second)
        #expect(NALUnits(framed, .length(4)).map(Array.init) == [first, second])
        // The zero before a start code of four bytes is part of no unit, or a zero behind the unit before.
        #expect(NALUnits(annexB, .startCode).map(Array.init) == [first, second])
        #expect(NALUnits(Data([0, 0, 0, 200, 1]), .length(4)).map(Array.init) == [[1]])
        #expect(NALUnits(Data(), .startCode).map(Array.init) == [])
        #expect(NALUnits(Data([0, 0, 1]), .startCode).map(Array.init) == [])
        #expect(NALUnits(Data([1, 2]), .startCode).map(Array.init) == [])
    }

    @Test func recoveryPoints() {
        // Type 6, one byte: ue(v) 0 is the bit 1, ue(v) 5 the bits 00110.
        #expect(RecoveryPoint.frameCount(sei: [6, 1, 0b1000_0000]) == 0)
        #expect(RecoveryPoint.frameCount(sei: [6, 1, 0b0011_0000]) == 5)
        // Behind a message of another type; with an emulation prevention byte inside it.
        #expect(RecoveryPoint.frameCount(sei: [5, 4, 0, 0, 3, 1, 9, 6, 1, 0b1000_0000]) == 0)
        #expect(RecoveryPoint.frameCount(sei: [5, 1, 0]) == nil)
        #expect(RecoveryPoint.frameCount(sei: [6]) == nil)
        #expect(RecoveryPoint.frameCount(sei: [6, 200]) == nil)
    }
}
