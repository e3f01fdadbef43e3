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

    /// - Parameter frames: of the film, those that are wanted.
    init(film: IndexedFilm, frames: Int, encoding: EncodingSettings) {
        let encoded = Self.encoded(frames: frames, encoding: encoding)
        packets = film.packetBytes
        spool = packets + encoded
        output = encoded + max(0, film.description.size - film.packetBytes)
    }

    /// Lossless: about half of the samples. Lossy: 0.15 bit a pixel at crf 18, half of it for every 6 above, as upscaled
    /// pictures (smooth, for their size) took in our measurements; generous rather than exact. Units of devices need more for the same.
    static func encoded(frames: Int, encoding: EncodingSettings) -> Int64 {
        let picture = encoding.picture
        let pixels = Double(picture.width) * Double(picture.height) * Double(frames)
        if encoding.codec == .ffv1 {
            let chroma =
                picture.layout.planeCount == 1
                ? 0 : 2 / Double(1 << (picture.layout.chromaShiftX + picture.layout.chromaShiftY))
            return Int64(pixels * (1 + chroma) * Double(picture.layout.bytesPerSample) * 0.6)
        }
        let bits = encoding.isByNVENC ? 0.3 : 0.15
        return Int64(pixels * bits / 8 * pow(2, Double(18 - encoding.crf) / 6)) + 1 << 20
    }

    /// Before the film's packets are copied: they take about as much as the film at most.
    static func checkIndexing(_ film: FilmDescription, stateDirectory: String, kept: Int64) throws {
        try require(film.size, in: stateDirectory, kept: kept, "give another with --state")
    }

    /// After that: the packets are there already.
    /// - Parameter kept: bytes of the state directory's disk that are not for this job: the reserve, and what others under
    ///   way will still take.
    /// - Throws: where either place, or both on one file system, has too little room.
    func check(stateDirectory: String, output path: String, kept: Int64) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let together = try Self.device(stateDirectory) == Self.device(folder)
        let segments = spool - packets
        try Self.require(
            segments + (together ? output : 0), in: stateDirectory, kept: kept, "give another with --state")
        if !together { try Self.require(output, in: folder, kept: 0, "name another place with -o") }
    }

    static func require(_ bytes: Int64, in path: String, kept: Int64, _ remedy: String) throws {
        let free = try DiskSpace.free(path)
        guard free < bytes + kept else { return }
        throw SpaceShortage(path: path, needed: bytes, free: free, kept: kept, remedy: remedy)
    }

    private static func device(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CoordinatorError(.file, "cannot look at \(path): \(String(cString: strerror(errno)))")
        }
        return Int(status.st_dev)
    }
}
