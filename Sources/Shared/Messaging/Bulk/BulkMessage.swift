internal import FarmProtocol
internal import Foundation

/// A message of the bulk channel, read from frames that anyone may have sent.
struct BulkMessage {
    /// Longer than any header with a blob's id, a hash and a reason.
    private static let longestHeader = 64 << 10

    let header: BulkHeader
    /// `data` has one, nothing else does.
    let payload: Frame?

    /// - Throws: `WireError`
    init(_ frames: some BidirectionalCollection<Frame>) throws {
        guard let head = frames.first, head.count <= Self.longestHeader else {
            throw WireError.malformed("a bulk message without a header of bearable length")
        }
        header = try BulkHeader(decoding: head.data)
        guard frames.count == (header.type == .data ? 2 : 1) else {
            throw WireError.malformed("\(header.type.rawValue) in \(frames.count) frames")
        }
        payload = header.type == .data ? frames.last : nil
    }

    static func frame(_ header: BulkHeader) throws -> Frame { try Frame(header.encoded()) }
}

/// A chunk that somebody asked for.
struct ChunkRequest: Hashable {
    let blob: String
    let offset: Int64
    let size: Int

    /// nil where the header names no chunk.
    init?(_ header: BulkHeader) {
        guard let offset = header.offset, offset >= 0, let size = header.size,
            (0...Int64(Wire.chunkSize)).contains(size)
        else { return nil }
        (blob, self.offset, self.size) = (header.blob, offset, Int(size))
    }

    /// The answer, read from `blob` right into its frame.
    func answer(from blob: SlicedBlob, _ file: (String) throws -> ReadableFile) throws -> [Frame] {
        let payload = try Frame(size: size)
        try blob.read(at: offset, into: payload.mutableBytes, file)
        return [try BulkMessage.frame(BulkHeader(.data, blob: blob.id, offset: offset)), payload]
    }
}
