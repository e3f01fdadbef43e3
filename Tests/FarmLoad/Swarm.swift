import ArgumentParser
import Foundation
import Messaging

/// One process of light workers. It is told by lines on its standard input what to do, and answers in JSON lines.
struct Swarm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One process of light workers.", shouldDisplay: false)

    @OptionGroup var access: Access

    @Option(help: "The number of the first worker.")
    var first: Int

    @Option(help: "How many workers.")
    var count: Int

    func run() async throws {
        // A thread of its own: it waits on sockets.
        let (key, numbers) = (try KeyFile(contentsOf: access.key), first..<first + count)
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Result { try SwarmLoop(key: key, numbers: numbers).run() })
            }
            thread.start()
        }
    }
}

/// What a swarm is told.
enum Order: Equatable {
    /// Each segment takes `work` seconds, more or less; after `settle` seconds, `seconds` long is measured.
    case phase(work: Double, settle: Double, seconds: Double)
    /// Finish what is leased, take no more, tell the total.
    case drain

    init?(_ line: some StringProtocol) {
        let words = line.split(separator: " ")
        let numbers = words.dropFirst().compactMap { Double($0) }
        switch words.first {
        case "phase" where numbers.count == 3:
            self = .phase(work: numbers[0], settle: numbers[1], seconds: numbers[2])
        case "drain": self = .drain
        default: return nil
        }
    }

    var line: String {
        switch self {
        case .phase(let work, let settle, let seconds): "phase \(work) \(settle) \(seconds)\n"
        case .drain: "drain\n"
        }
    }
}

/// What a swarm answers.
enum Answer: Codable {
    /// Every worker was welcomed.
    case ready
    case phase(Measured)
    /// Since it started.
    case total(accepted: Int, refused: Int)
}
