import Foundation
import TestSupport
import Testing

/// Films whose bytes went wrong, by seeds: each ends as a film or as an error that names file and reason; nothing crashes,
/// hangs or takes all memory.
///
/// `UPSCALE_FARM_FUZZ_MEDIA=1-1000` runs those seeds instead of the usual ones (`make fuzz-media`), and
/// `UPSCALE_FARM_FUZZ_KEEP=FOLDER` leaves the films there.
@Suite struct FuzzMediaTests {
    @Test func everyFilmEndsAsAFilmOrAnError() async throws {
        let seeds = Seeded.seeds("UPSCALE_FARM_FUZZ_MEDIA", else: "1-16")
        var tally = FuzzTally()
        try await withThrowingTaskGroup(of: FuzzRun.self) { group in
            for seed in seeds {
                group.addTask { try await Gate.shared.pass { try await FuzzRun(FuzzCase(seed: seed)) } }
            }
            for try await run in group {
                tally.add(run)
                #expect(run.faults.isEmpty, "\(FuzzTally.line(run)): \(run.faults.joined(separator: "; "))")
            }
        }
        print(tally.summary)
        // Of a few seeds, none need be of either kind.
        #expect(seeds.count < 16 || (tally.films > 0 && tally.refusals > 0))
    }
}

/// How many films ended how.
struct FuzzTally {
    private(set) var films = 0
    private(set) var refusals = 0
    private var longest: FuzzRun?
    private var largest: FuzzRun?
    private var count = 0

    mutating func add(_ run: FuzzRun) {
        count += 1
        switch run.result {
        case .film: films += 1
        case .refused: refusals += 1
        case .broken: break
        }
        if run.seconds > longest?.seconds ?? 0 { longest = run }
        if run.peak > largest?.peak ?? 0 { largest = run }
        print("fuzz-media \(count): \(Self.line(run))")
    }

    static func line(_ run: FuzzRun) -> String {
        let result =
            switch run.result {
            case .film(let frames): "film of \(frames) frames"
            case .refused(let status, let text): "\(status): \(text)"
            case .broken: "broken"
            }
        let seconds = (run.seconds * 10).rounded() / 10
        return "seed \(run.fuzzCase.seed) (\(run.fuzzCase)): \(result); \(seconds) s, \(run.peak >> 10) MiB"
    }

    var summary: String {
        "fuzz-media: \(count) films: \(films) came out, \(refusals) were refused; longest: "
            + "\(longest.map(Self.line) ?? "none"); most memory: \(largest.map(Self.line) ?? "none")"
    }
}
