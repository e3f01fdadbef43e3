import FarmModel
import Foundation
import Media

/// What a job will take on disk until its film is published: announced, and held against the free space, before it starts.
struct SpaceEstimate: Hashable, Sendable {
    /// Bytes below the state directory: the film's packets and the encoded segments.
    var spool: Int64
    /// Of those, the film's packets.
    private var packets: Int64
    /// Bytes beside the output: the film while it is joined.
    var output: Int64

    init(film: IndexedFilm, encoding: EncodingSettings) {
        let encoded = Self.encoded(frames: film.frames, encoding: encoding)
        packets = film.packetBytes
        spool = packets + encoded
        output = encoded + max(0, film.description.size - film.packetBytes)
    }

    /// Lossless: about half of the samples. Lossy: 0.15 bit a pixel at crf 18, half of it for every 6 above, as upscaled
    /// pictures (smooth, for their size) took in our measurements; generous rather than exact.
    private static func encoded(frames: Int, encoding: EncodingSettings) -> Int64 {
        let picture = encoding.picture
        let pixels = Double(picture.width) * Double(picture.height) * Double(frames)
        if encoding.codec == .ffv1 {
            let chroma =
                picture.layout.planeCount == 1
                ? 0 : 2 / Double(1 << (picture.layout.chromaShiftX + picture.layout.chromaShiftY))
            return Int64(pixels * (1 + chroma) * Double(picture.layout.bytesPerSample) * 0.6)
        }
        return Int64(pixels * 0.15 / 8 * pow(2, Double(18 - encoding.crf) / 6)) + 1 << 20
    }

    /// Before the film's packets are copied: they take no more than the film.
    static func checkIndexing(_ film: FilmDescription, stateDirectory: String) throws {
        try require(film.size, in: stateDirectory, "give another with --state")
    }

    /// After that: the packets are there already.
    /// - Throws: where either place, or both on one file system, has too little room.
    func check(stateDirectory: String, output path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let together = try Self.device(stateDirectory) == Self.device(folder)
        let segments = spool - packets
        try Self.require(segments + (together ? output : 0), in: stateDirectory, "give another with --state")
        if !together { try Self.require(output, in: folder, "name another place with -o") }
    }

    private static func require(_ bytes: Int64, in path: String, _ remedy: String) throws {
        let free = try DiskSpace.free(path)
        guard free < bytes else { return }
        throw CoordinatorError(
            .file,
            "too little space in \(path): about \(DiskSpace.text(bytes)) are needed, \(DiskSpace.text(free)) are free; free some, or \(remedy)"
        )
    }

    private static func device(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CoordinatorError(.file, "cannot look at \(path): \(String(cString: strerror(errno)))")
        }
        return Int(status.st_dev)
    }
}
