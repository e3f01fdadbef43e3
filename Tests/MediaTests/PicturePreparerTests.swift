import FarmModel
import TestSupport
import Testing

@testable import Media

/// Against the ffmpeg command line's filters on the whole film.
@Suite struct PicturePreparerTests {
    @Test(arguments: [
        (Deinterlacing.flagged, "bwdif=mode=send_frame:parity=auto:deint=interlaced"),
        (.topFirst, "bwdif=mode=send_frame:parity=tff:deint=all"),
        (.bottomFirst, "bwdif=mode=send_frame:parity=bff:deint=all"),
    ])
    func deinterlacesAsLibavfilterDoes(deinterlacing: Deinterlacing, filter: String) async throws {
        let film = try await Fixtures.shared.film(.x264Interlaced)
        let made = try Self.prepared(film, Preparation(deinterlacing: deinterlacing))
        #expect(made.map(\.hash) == (try await Self.reference(film, filter)))
        #expect(made.map(\.number) == Array(0..<FilmKind.frames))
    }

    @Test(arguments: [
        (Orientation.clockwise, "transpose=clock"), (.counterclockwise, "transpose=cclock"),
        (.halfTurn, "hflip,vflip"), (.mirrored, "hflip"), (.flipped, "vflip"), (.transposed, "transpose=cclock_flip"),
        (.antitransposed, "transpose=clock_flip"),
    ])
    func turnsAsLibavfilterDoes(orientation: Orientation, filter: String) async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        let made = try Self.prepared(film, Preparation(orientation: orientation))
        #expect(made.map(\.hash) == (try await Self.reference(film, filter)))
    }

    /// Where frames are missing, those beside the gap come out the same whatever was seen before it.
    @Test func aGapIsABorder() async throws {
        let film = try await Fixtures.shared.film(.x264Interlaced)
        let preparation = Preparation(deinterlacing: .topFirst)
        let whole = try Self.prepared(film, preparation) { $0 != 40 }
        let behind = try Self.prepared(film, preparation) { $0 > 40 }
        #expect(whole.map(\.number) == Array(0..<40) + Array(41..<FilmKind.frames))
        #expect(whole.dropFirst(40).map(\.hash) == behind.map(\.hash))
        let all = try Self.prepared(film, preparation)
        #expect(all[38].hash == whole[38].hash && all[42].hash == whole[41].hash)
        #expect(all[39].hash != whole[39].hash, "the neighbour of a missing frame must not pretend to know it")
    }

    @Test func odderChromaIsMadeWholeBeforeAQuarterTurn() async throws {
        let film = try await Fixtures.shared.film(.x265TenBit)
        let description = try FilmDescription.read(film)
        let preparation = Preparation(orientation: .clockwise)
        let promised = description.picture.prepared(by: preparation)
        #expect(promised.layout == PixelLayout(family: .yuv, bitDepth: 10) && promised.width == 64)
        try Self.forEach(film) { picture, number in
            guard number == 0 else { return }
            let made = try PicturePreparer(preparation).take(picture, number: 0)
            #expect(made.first?.picture.format == promised)
        }
    }

    /// Alpha included; libavfilter must not convert on its own.
    @Test(arguments: [
        "yuva420p", "yuva422p", "yuva444p", "yuva420p10le", "yuva422p10le", "yuva444p16le", "gbrap10le", "gbrap12le",
        "gbrp12le", "gray", "gray10le", "gray12le", "gray16le", "yuv411p", "yuv440p", "yuv420p12le", "yuv444p16le",
    ])
    func picturesAreWhatWasPromised(pixels: String) async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "3", "-pix_fmt", pixels, "-c:v", "ffv1", film,
        ])
        let picture = try FilmDescription.read(film).picture
        for preparation in [
            Preparation(deinterlacing: .flagged), Preparation(orientation: .clockwise),
            Preparation(deinterlacing: .topFirst, orientation: .transposed),
        ] {
            let preparer = PicturePreparer(preparation)
            var made: [PicturePreparer.Numbered] = []
            try Self.forEach(film) { made += try preparer.take($0, number: $1) }
            made += try preparer.finish()
            #expect(made.count == 3)
            #expect(made.allSatisfy { $0.picture.format == picture.prepared(by: preparation) }, "\(preparation)")
            guard preparation.orientation == nil, !pixels.hasPrefix("gbrap") else { continue }
            // No picture is flagged as interlaced.
            let hashes = try await referenceFrames(film, pixelFormat: pixels).map(\.hash)
            #expect(made.map { frameHash($0.picture) } == hashes)
        }
    }

    private static func forEach(_ film: String, _ body: (VideoFrame, Int) throws -> Void) throws {
        let demuxer = try Demuxer(path: film, selection: .video)
        let decoder = try VideoDecoder(stream: demuxer.video, threads: 1)
        var number = 0
        func take(_ frames: [VideoFrame]) throws {
            for frame in frames {
                try body(frame, number)
                number += 1
            }
        }
        while let packet = try demuxer.next() { try take(try decoder.decode(VideoPacket(packet))) }
        try take(try decoder.finish())
    }

    private static func prepared(
        _ film: String, _ preparation: Preparation, where keeps: (Int) -> Bool = { _ in true }
    ) throws -> [(number: Int, hash: String)] {
        let preparer = PicturePreparer(preparation)
        var made: [PicturePreparer.Numbered] = []
        try forEach(film) { picture, number in
            if keeps(number) { made += try preparer.take(picture, number: number) }
        }
        made += try preparer.finish()
        return made.map { ($0.number, frameHash($0.picture)) }
    }

    private static func reference(_ film: String, _ filter: String) async throws -> [String] {
        try await referenceFrames(film, filter: filter).map(\.hash)
    }
}
