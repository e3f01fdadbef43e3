public import FarmModel
internal import Foundation
internal import Media

extension JobSettings {
    /// Refuses what no job can have, wherever the settings come from: a command's options, or a client's message.
    /// - Throws: `CoordinatorError` that names the option.
    public func check() throws {
        try Self.check("--scale", scale, in: 1...4)
        try Self.check("--height", height, in: Self.heights)
        try Self.check("--crf", crf, in: 0...63)
        try Self.check("--overlap", overlap, in: 0...250)
        try Self.check("--tile", tile, in: 0...16384)
        if let tile, tile > 0 { try Self.check("--tile", tile, in: 32...16384) }
        try Self.check("--batch", batch, in: 1...64)
        try Self.check("--temporal-blend", temporalBlend, in: 0...4)
        try checkLengths()
        try checkPart()
        let words =
            [model, encoder ?? "", preset ?? "", pixelFormat ?? "", streams ?? ""]
            + encoderParameters.flatMap { [$0.key, $0.value] }
        guard encoderParameters.count <= 200, words.allSatisfy({ $0.utf8.count <= Self.longestWord }) else {
            throw CoordinatorError(.usage, "a setting has more than \(Self.longestWord) bytes, or there are too many")
        }
    }

    private static let longestWord = 4096

    private func checkPart() throws {
        for (name, time) in [("--from", from), ("--to", to)] {
            guard let time, !(time >= 0 && time <= 1e8) else { continue }
            throw CoordinatorError(.usage, "\(name) \(time) is no time in a film: give seconds from 0, or H:MM:SS")
        }
        if let from, let to, from >= to {
            throw CoordinatorError(.usage, "--from \(from) is not before --to \(to): nothing is left of the film")
        }
        do { _ = try selection } catch { throw CoordinatorError(.usage, "\(error)") }
    }

    var selection: StreamSelection? { get throws { try streams.map { try StreamSelection($0) } } }

    static func check(_ name: String, _ value: Int?, in range: ClosedRange<Int>) throws {
        guard let value, !range.contains(value) else { return }
        throw CoordinatorError(
            .usage, "\(name) \(value) is out of range: give \(range.lowerBound) to \(range.upperBound)")
    }
}
