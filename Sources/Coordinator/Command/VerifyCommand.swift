import ArgumentParser
import CoordinatorCore
import FarmModel
import Foundation
import Media

/// `coordinator verify OUT --source FILM`: whether a film is its source, only larger.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Hold a film against its source: every frame, every stream, nothing lost.",
        discussion: """
            Compares the two files and trusts nothing else. Every picture of the source must be in the film, once and at its \
            time; every other stream must have the source's packets; chapters, attachments, tags and colours must be as they \
            were. With --decode the pictures are looked at too, in a small size: one in another's place, one shown twice, or a \
            foreign one is found. What the film's container has no place for is listed as lost. Exit status 0: nothing differs but \
            for that; 1: something does.
            """)

    @Argument(help: "The film that was made.")
    var film: String

    @Option(help: "The film that it was made from.")
    var source: String

    @Flag(help: "Look at the pictures, frame by frame. Decodes both films.")
    var decode = false

    @OptionGroup var part: PartOptions

    @OptionGroup var output: JSONOption

    func run() async throws {
        try FilmNames.check([film, source])
        let (film, source, decode, output, json) = (film, source, decode, output, output.json)
        let part = try FilmVerification.Part(from: part.from?.seconds, to: part.to?.seconds, map: part.map)
        let display = TerminalDisplay()
        try await Interrupt.ending(saying: "nothing was changed") {
            let verification = FilmVerification(film: film, source: source, decodes: decode, part: part)
            let verdict = try await verification.run { if !json { display.show($0) } }
            display.finish()
            if json { try output.printed(verdict) } else { Output.lines(VerdictText.lines(verdict)) }
            if !verdict.isSame { throw ExitStatus(code: 1) }
        }
    }
}

/// A verdict in words.
enum VerdictText {
    static func lines(_ verdict: FilmVerdict) -> [String] {
        let streams = verdict.streams.counting("other stream")
        let looked = verdict.isDecoded ? "pictures looked at" : "pictures not looked at (--decode does)"
        let facts = "\(verdict.frames.counting("frame")), \(streams), \(looked)"
        let same = verdict.losses.isEmpty ? "nothing differs" : "nothing differs but for what is lost"
        let head = verdict.isSame ? same : "the film is not its source"
        return ["\(head): \(facts)"] + verdict.differences.map { "  differs: \($0)" }
            + verdict.changes.map { "  changed: \($0)" } + verdict.losses.map { "  lost: \($0)" }
    }
}
