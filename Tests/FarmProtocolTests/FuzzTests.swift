import FarmModel
import FarmProtocol
import Foundation
import Testing

/// The short form of `make fuzz-protocol`: bytes that are almost messages, from a seed.
@Suite struct FuzzTests {
    static let corpus =
        (GoldenTests.worker + GoldenTests.coordinator + GoldenTests.bulk).map { Data($0.utf8) }
        + requests.compactMap { try? $0.encoded() } + replies.compactMap { try? $0.encoded() }

    private static let requests = [
        ClientRequest(id: 1, ask: .queue(all: true)), ClientRequest(id: 2, ask: .show(job: JobID(rawValue: "k7f"))),
        ClientRequest(id: 3, ask: .upload(Upload(kind: .film, name: "film.mkv", size: 7, sha256: "0f"))),
        ClientRequest(id: 4, ask: .workers),
    ]
    private static let replies = [
        ClientReply(id: 1, answer: .queue([])), ClientReply(id: 2, answer: .refused(Refusal(.usage, "no such job"))),
        ClientReply(id: 3, answer: .deliver(BlobReference(id: "upload/0f", size: 7, sha256: "0f"))),
    ]

    @Test func everySeedIsRead() throws { for seed in Self.corpus { try WireCheck.check(seed) } }

    @Test(arguments: 0..<20) func almostMessagesCrashNothing(_ seed: UInt64) throws {
        var mutator = Mutator(seed: seed + 1, corpus: Self.corpus)
        for round in 0..<500 {
            let data = mutator.next()
            #expect(throws: Never.self, "seed \(seed), round \(round): \(data.base64EncodedString())") {
                try WireCheck.check(data)
            }
        }
    }

    /// Writes the corpus for the fuzzer.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["UPSCALE_FARM_CORPUS"] != nil))
    func theCorpusIsWritten() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["UPSCALE_FARM_CORPUS"])
        for (index, seed) in Self.corpus.enumerated() {
            try seed.write(to: URL(fileURLWithPath: "\(folder)/golden-\(index)"))
        }
    }
}

/// Changes messages as an attacker or a broken peer might: bytes, numbers, pieces of other messages, depth.
struct Mutator {
    private var noise: SplitMix
    private let corpus: [Data]
    private static let tokens = [
        "-1", "9223372036854775807", "-9223372036854775808", "1e999", "0.1", "1e400", "null", "{}", "[]", "\"\"",
        "true",
        "\"\\u0000\"", "\"\\ud800\"", "18446744073709551616", "[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "\u{FEFF}",
    ]

    init(seed: UInt64, corpus: [Data]) {
        noise = SplitMix(state: seed)
        self.corpus = corpus
    }

    mutating func next() -> Data {
        var data = Data(corpus.randomElement(using: &noise) ?? Data())
        for _ in 0..<Int.random(in: 1...4, using: &noise) { mutate(&data) }
        return data
    }

    private mutating func mutate(_ data: inout Data) {
        guard !data.isEmpty else { return data.append(UInt8.random(in: 0...255, using: &noise)) }
        let place = Int.random(in: 0..<data.count, using: &noise)
        let end = min(data.count, place + Int.random(in: 0...40, using: &noise))
        switch Int.random(in: 0..<6, using: &noise) {
        case 0: data[place] = UInt8.random(in: 0...255, using: &noise)
        case 1: data.removeSubrange(place..<end)
        case 2: data.insert(contentsOf: data[place..<end], at: end)
        case 3:
            let other = corpus.randomElement(using: &noise) ?? Data()
            let start = Int.random(in: 0..<max(1, other.count), using: &noise)
            data.replaceSubrange(place..<end, with: other.dropFirst(start).prefix(60))
        case 4: replaceNumber(&data, after: place)
        default:
            let token = Self.tokens.randomElement(using: &noise) ?? ""
            data.replaceSubrange(place..<place, with: Data(token.utf8))
        }
        data = Data(data)
    }

    private mutating func replaceNumber(_ data: inout Data, after place: Int) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let start = data[place...].firstIndex(where: digits.contains) else { return }
        let end = data[start...].firstIndex { !digits.contains($0) } ?? data.endIndex
        data.replaceSubrange(start..<end, with: Data((Self.tokens.randomElement(using: &noise) ?? "0").utf8))
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
