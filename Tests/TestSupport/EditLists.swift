internal import Foundation

/// Gives tracks of an MP4 that has its `moov` at the end, as ffmpeg writes it, another edit list.
public enum EditLists {
    /// A part of a track, in seconds. `start` is a time of the track's media, decoding time and all; nil shows nothing.
    public struct Edit: Sendable {
        var length: Double
        var start: Double?

        public init(_ length: Double, from start: Double?) { (self.length, self.start) = (length, start) }
    }

    /// - Parameter edits: by the track's handler, `vide` or `soun`.
    public static func set(_ edits: [String: [Edit]], in film: String, to path: String) throws {
        let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: film)))
        guard let movie = box("moov", in: data[...]), movie.endIndex == data.endIndex else {
            throw CocoaError(.fileReadCorruptFile)
        }
        let clock = number(box("mvhd", in: movie) ?? [], 12)
        var made: [UInt8] = []
        for track in boxes(movie) {
            guard track.name == "trak", let media = box("mdia", in: track.body), let header = box("mdhd", in: media),
                let handler = box("hdlr", in: media), let list = edits[text(handler.dropFirst(8).prefix(4))]
            else {
                made += wrap(track.name, Array(track.body))
                continue
            }
            let kept = boxes(track.body).filter { $0.name != "edts" }.flatMap { wrap($0.name, Array($0.body)) }
            made += wrap("trak", wrap("edts", wrap("elst", entries(list, clock, number(header, 12)))) + kept)
        }
        let start = movie.startIndex - 8
        try Data(data[..<start] + wrap("moov", made)).write(to: URL(fileURLWithPath: path))
    }

    private static func entries(_ edits: [Edit], _ movie: Int, _ media: Int) -> [UInt8] {
        bytes(0) + bytes(edits.count)
            + edits.flatMap { edit in
                let start = edit.start.map { Int(($0 * Double(media)).rounded()) } ?? -1
                return bytes(Int((edit.length * Double(movie)).rounded())) + bytes(start) + bytes(1 << 16)
            }
    }

    private static func boxes(_ data: ArraySlice<UInt8>) -> [(name: String, body: ArraySlice<UInt8>)] {
        var found: [(String, ArraySlice<UInt8>)] = []
        var at = data.startIndex
        while at + 8 <= data.endIndex {
            let size = number(data[at...], 0)
            guard size >= 8, at + size <= data.endIndex else { break }
            found.append((text(data[at + 4..<at + 8]), data[at + 8..<at + size]))
            at += size
        }
        return found
    }

    private static func box(_ name: String, in data: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        boxes(data).first { $0.name == name }?.body
    }

    private static func wrap(_ name: String, _ body: [UInt8]) -> [UInt8] {
        bytes(body.count + 8) + Array(name.utf8) + body
    }

    private static func bytes(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: Int32(truncatingIfNeeded: value).bigEndian) { Array($0) }
    }

    private static func number(_ data: ArraySlice<UInt8>, _ offset: Int) -> Int {
        data.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    private static func text(_ data: ArraySlice<UInt8>) -> String { String(decoding: data, as: UTF8.self) }
}
