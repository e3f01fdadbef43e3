import FarmModel
import Foundation
import Media
import TestSupport
import Testing

/// Bit errors and missing packets inside a film.
@Suite struct DamageTests {
    static let kinds = [FilmKind.x264OpenTS, .x264OpenMKV, .x265OpenMKV, .mpeg2TS, .mpeg4MKV, .vp9, .av1]

    /// libav's command line makes up timestamps here, where pictures come out of order: so only the pictures are compared.
    @Test(arguments: kinds, Fixtures.Damage.allCases)
    func everyFrameThatAPlainDecoderShows(kind: FilmKind, damage: Fixtures.Damage) async throws {
        let film = try await Fixtures.shared.damagedFilm(kind, damage)
        let reference = try await referenceFrames(film, inputOptions: ["-threads", "1"])
        let straight = try await straightDecode(film, threads: 3)
        #expect(straight.map(\.hash) == reference.map(\.hash))

        let pieces = try await decodePieces(of: film, .init(frames: 7, overlap: 1))
        let inOrder = straight.map(\.timestamp).sorted { ($0 ?? 0) < ($1 ?? 0) }
        #expect(pieces.frames.map(\.timestamp) == inOrder)
        #expect(pieces.frames.count + pieces.missing.count == pieces.candidates.count)
        // MPEG-4's keyframe itself is hit: what is made up for it depends on where decoding started.
        if (kind, damage) != (.mpeg4MKV, .bits) { #expect(Set(pieces.frames) == Set(straight)) }
    }

    @Test func damageIsTold() async throws {
        let film = try await Fixtures.shared.damagedFilm(.x264OpenTS, .bits)
        let damage = try await onThread {
            let demuxer = try Demuxer(path: film)
            let decoder = try VideoDecoder(stream: demuxer.video, threads: 1)
            while let packet = try demuxer.next() { _ = try decoder.decode(VideoPacket(packet)) }
            _ = try decoder.finish()
            return decoder.damage
        }
        #expect(damage.packets + damage.pictures > 0)
        #expect(damage.first ?? 0 > 133_500 + 30 * 3750)
        #expect(damage.message?.contains("[h264]") == true)
    }
}
