import FarmModel
import Foundation
public import Media
public import Processes

/// `coordinator verify`: a film held against its source, in a child, for both are parsed by libraries that may crash.
public struct FilmVerification: Sendable {
    let film: String
    let source: String
    let decodes: Bool
    /// Which part of the source the film is of.
    let part: Part
    private let filmTool: FilmTool

    /// As a job's settings name it.
    public struct Part: Codable, Hashable, Sendable {
        /// Seconds after the film's start.
        var from: Double?
        var to: Double?
        var streams: StreamSelection?

        /// - Throws: where `map` is no selection.
        public init(from: Double? = nil, to: Double? = nil, map: String? = nil) throws {
            (self.from, self.to) = (from, to)
            streams = try map.map { try StreamSelection($0) }
        }
    }

    /// - Parameters:
    ///   - decodes: pictures are looked at, and not only packets.
    ///   - filmTool: the child that parses films.
    public init(film: String, source: String, decodes: Bool, part: Part, filmTool: Launch = .myself(["film"])) {
        self.film = URL(fileURLWithPath: film).standardizedFileURL.path
        self.source = URL(fileURLWithPath: source).standardizedFileURL.path
        self.decodes = decodes
        self.part = part
        self.filmTool = FilmTool(launch: filmTool)
    }

    /// - Throws: `CoordinatorError` where one of the files cannot be read; `CancellationError`.
    public func run(_ report: @escaping @Sendable (RunReport) -> Void) async throws -> FilmVerdict {
        let order = FilmOrder.verify(VerifyOrder(film: film, source: source, decodes: decodes, part: part))
        let answer = try await filmTool.run(order, about: film, as: .verifying, report)
        guard case .verified(let verdict) = answer else {
            throw CoordinatorError(.job, "verifying \(film): no answer")
        }
        return verdict
    }
}

/// What the verifying child is told.
struct VerifyOrder: Codable, Sendable {
    var film: String
    var source: String
    var decodes: Bool
    var part: FilmVerification.Part

    func carryOut(_ say: @escaping @Sendable (FilmWord) -> Void) throws -> FilmVerdict {
        var said: Int64 = -1
        return try FilmVerifier.verify(
            film, source: source,
            taking: FilmVerifier.Part(
                streams: part.streams, cut: FilmCut(from: part.from, to: part.to), countsFromStart: true),
            decode: decodes,
            progress: { share in
                let percent = Int64(share * 100)
                guard percent > said else { return }
                said = percent
                say(.progress(done: percent, total: 100))
            })
    }
}
