public import Comparison
import FarmModel
import Foundation
import Media
public import Processes

/// `coordinator compare`: two films measured in a child, for films are parsed by libraries that may crash.
public struct FilmComparing: Sendable {
    private let request: ComparisonRequest
    private let filmTool: FilmTool

    /// - Parameter filmTool: the child that parses films.
    public init(_ request: ComparisonRequest, filmTool: Launch = .myself(["film"])) {
        self.request = request.absolute
        self.filmTool = FilmTool(launch: filmTool)
    }

    /// - Throws: `CoordinatorError` where a film cannot be read, or they are no two to compare; `CancellationError`.
    public func run(_ report: @escaping @Sendable (RunReport) -> Void) async throws -> FilmComparison {
        let film = request.a
        let order = FilmOrder.compare(CompareOrder(request: request))
        let answer = try await filmTool.run(order, about: film, as: .comparing, report)
        guard case .compared(let comparison) = answer else {
            throw CoordinatorError(.job, "comparing \(film): no answer")
        }
        return comparison
    }
}

extension ComparisonRequest {
    /// Films by their full paths, which mean the same to a child.
    fileprivate var absolute: ComparisonRequest {
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        return ComparisonRequest(
            a: absolute(a), b: absolute(b), reference: reference.map(absolute), borders: borders)
    }
}

/// What the comparing child is told.
struct CompareOrder: Codable, Sendable {
    var request: ComparisonRequest

    func carryOut(_ say: @escaping @Sendable (FilmWord) -> Void) throws -> FilmComparison {
        var said: Int64 = -1
        return try FilmComparer.compare(
            request,
            progress: { share in
                let percent = Int64(share * 100)
                guard percent > said else { return }
                said = percent
                say(.progress(done: percent, total: 100))
            })
    }

    /// What a child says by crashing.
    func crash(_ exit: Exit) -> CoordinatorError {
        let films = [request.a, request.b, request.reference].compactMap(\.self).joined(separator: ", ")
        return CoordinatorError(
            .file, "comparing \(films) crashed the reader (\(exit)); one is damaged in a way that libav cannot stand")
    }
}
