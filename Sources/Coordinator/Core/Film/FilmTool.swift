import Comparison
import FarmModel
import Foundation
import Media
internal import Processes

/// What a child that reads films is told to do, as one line of JSON on its standard input.
enum FilmOrder: Codable, Sendable {
    case probe(ProbeOrder)
    case plan(PlanOrder)
    case survey(SurveyOrder)
    case index(IndexOrder)
    case join(JoinOrder)
    case verify(VerifyOrder)
    case compare(CompareOrder)
}

/// What it says, a line of JSON each on its standard output.
enum FilmWord: Codable, Sendable {
    case progress(done: Int64, total: Int64)
    case probed(ProbedFilm)
    case planned(Recipe)
    case surveyed(FilmProbe)
    case indexed(IndexedFilm)
    case joined(JoinedFilm)
    case verified(FilmVerdict)
    case compared(FilmComparison)
    case failed(CoordinatorError)
}

/// A child process that parses films and tries encoders for the coordinator: the bytes of a film, and what a user asks of an encoder,
/// may crash a library, and the coordinator must not go down with it.
struct FilmTool: Sendable {
    private let launch: Launch

    init(launch: Launch) { self.launch = launch }

    /// Carries out an order in a child.
    /// - Returns: the child's last word.
    /// - Throws: `CoordinatorError`, also where the child crashed.
    func run(
        _ order: FilmOrder, about film: String, hear: @escaping @Sendable (FilmWord) -> Void = { _ in }
    ) async throws -> FilmWord {
        let child = try ChildProcess(launch, name: "film tool")
        return try await withTaskCancellationHandler {
            try child.send(order)
            var last: FilmWord?
            for await line in child.lines {
                let word = try JSONLine.decode(line, as: FilmWord.self)
                hear(word)
                last = word
            }
            let exit = await child.exit()
            try Task.checkCancellation()
            if case .failed(let error)? = last { throw order.namesItsFilms ? error : error.naming(film) }
            guard !exit.bySignal || exit.code != SIGKILL else { throw FilmToolKilled(film: film) }
            guard exit.isSuccess, let last else {
                throw order.crash(exit, film)
            }
            return last
        } onCancel: {
            child.signal(SIGKILL)
        }
    }
}

extension FilmOrder {
    /// Of several films an error says itself which one it is about.
    fileprivate var namesItsFilms: Bool { if case .compare = self { true } else { false } }

    /// What a child says by crashing.
    fileprivate func crash(_ exit: Exit, _ film: String) -> CoordinatorError {
        if case .plan(let order) = self { return order.crash(exit) }
        if case .compare(let order) = self { return order.crash(exit) }
        return CoordinatorError(
            .file,
            "\(film): reading it crashed the reader (\(exit)); the film is damaged in a way that libav cannot stand")
    }
}

/// Someone killed the child: its work can be done again.
struct FilmToolKilled: Error, CustomStringConvertible {
    var film: String
    var description: String { "\(film): the process that read it was killed; run again" }
}

/// The child's side: reads its order, does it on this thread, and reports.
public enum FilmToolMain {
    public static func run() {
        let words = LineWriter(.standardOutput)
        // A parent that is gone cannot be told; the process ends all the same.
        let say: @Sendable (FilmWord) -> Void = { try? words.write($0) }
        do {
            guard let line = readLine() else { return }
            Lifeline.hold()
            switch try JSONLine.decode(Data(line.utf8), as: FilmOrder.self) {
            case .probe(let order): say(.probed(try order.carryOut()))
            case .plan(let order): say(.planned(try order.carryOut()))
            case .survey(let order): say(.surveyed(try order.carryOut()))
            case .index(let order): say(.indexed(try order.carryOut(say)))
            case .join(let order): say(.joined(try order.carryOut(say)))
            case .verify(let order): say(.verified(try order.carryOut(say)))
            case .compare(let order): say(.compared(try order.carryOut(say)))
            }
        } catch {
            say(.failed(CoordinatorError(error)))
        }
    }
}
